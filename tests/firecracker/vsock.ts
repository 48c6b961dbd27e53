import { existsSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { osError, StandInFault } from "./faults.ts";

/** The guest's vsock on the host's side: one unix socket for all ports; `CONNECT <port>` is answered by `OK <port>`, or by the end. */
export class StandInVsock {
  readonly #guestSocket: string;
  readonly #connections = new Set<{ readonly host: Socket; readonly guest: Socket }>();

  /** `guestSocket`: where the guest itself listens. */
  constructor(guestSocket: string) {
    this.#guestSocket = guestSocket;
  }

  listen(path: string): void {
    if (existsSync(path)) {
      const taken = osError(Object.assign(new Error(), { code: "EADDRINUSE" }));
      throw new StandInFault(
        `Vsock config error: Cannot create backend for vsock device: Error binding to the host-side Unix socket: ${taken}`,
      );
    }
    createServer((host) => {
      host.on("error", () => {}); // it went away
      host.once("data", (first) => this.#connect(host, first.toString("latin1")));
    }).listen(path);
    process.on("exit", () => rmSync(this.#guestSocket, { force: true }));
  }

  /** The guest's end of each is gone; the host learns of it when it next sends something. */
  reset(): void {
    for (const connection of this.#connections) {
      const { host, guest } = connection;
      host.unpipe();
      guest.unpipe();
      host
        .removeAllListeners("close")
        .once("data", () => host.destroy())
        .resume();
      guest.destroy();
      this.#connections.delete(connection);
    }
  }

  #connect(host: Socket, first: string): void {
    const port = /^CONNECT (\d+)\n/.exec(first)?.[1];
    if (port !== "1024" || !existsSync(this.#guestSocket)) return void host.destroy();
    host.pause();
    const guest = connect(this.#guestSocket, () => {
      host.write("OK 1073741824\n");
      host.pipe(guest).pipe(host);
    });
    const connection = { host, guest };
    this.#connections.add(connection);
    guest.on("error", () => host.destroy());
    host.on("close", () => {
      guest.destroy();
      this.#connections.delete(connection);
    });
  }
}
