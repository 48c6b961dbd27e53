import { existsSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { osError, StandInFault } from "./faults.ts";

/** The guest's vsock on the host's side: one unix socket for all ports; `CONNECT <port>` is answered by `OK <port>`, or by the end. */
export class StandInVsock {
  readonly #guestSocket: string;
  readonly #connections = new Set<{ readonly host: Socket; readonly guest: Socket }>();

  /** The guest knows, or will when it goes on, that its connections are gone. */
  #isResetTold = false;
  /** It waits for a guest to acknowledge what it was never told, and delivers nothing until then (firecracker#6100). */
  #isDeaf = false;

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

  /** What the device does on each `Resumed`, whether the guest was stopped or not. */
  kick(): void {
    if (existsSync(this.#guestSocket) && !this.#isResetTold) {
      this.#isDeaf = true;
      for (const { host } of this.#connections) host.unpipe();
    }
    this.#isResetTold = false;
  }

  /** Of a snapshot: it was told when that was taken. */
  wasReset(): void {
    this.#isResetTold = true;
  }

  /** The guest's end of each is gone; the host learns of it when it next sends something. */
  reset(): void {
    this.#isResetTold = true;
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
    if (this.#isDeaf) return;
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
