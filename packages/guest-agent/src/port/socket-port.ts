import { once } from "node:events";
import { access, readdir, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";
import type { ControlPort } from "./control-port.ts";

/** Where the driver lists its devices: one as soon as there is a vsock device in this VM. */
const DRIVER = "sys/bus/virtio/drivers/vmw_vsock_virtio_transport";

/** Whether the VMM gave this VM a vsock device. Loopback alone (`/dev/vsock`) is none. */
export async function hasVsock(root = "/"): Promise<boolean> {
  const entries = await readdir(join(root, DRIVER)).catch(() => []); // no driver yet
  return entries.some((name) => name.startsWith("virtio"));
}

/** Whether the host brought a directory for this socket: then this guest is a container, and the host connects itself. */
export const hasPlaceFor = (path: string): Promise<boolean> =>
  access(dirname(path)).then(
    () => true,
    () => false,
  );

/**
 * Our unix socket as the control port. In a container it is the host that connects to it; with vsock, of which Node
 * knows nothing, a relay (vsock-relay.ts) does so for each connection of the host. The newest is the host; an older one
 * is closed, for its hostd is gone.
 */
export class SocketPort implements ControlPort, AsyncDisposable {
  readonly #server: Server;
  #host: Socket | undefined;
  #onBytes: (bytes: Uint8Array) => void = () => {};

  /** Listens at `path`; a socket that an earlier agent left there is replaced. */
  static async open(path: string): Promise<SocketPort> {
    await rm(path, { force: true });
    const port = new SocketPort();
    port.#server.listen(path);
    await once(port.#server, "listening");
    return port;
  }

  private constructor() {
    this.#server = createServer((socket) => this.#take(socket));
  }

  listen(onBytes: (bytes: Uint8Array) => void): void {
    this.#onBytes = onBytes;
  }

  write(bytes: Uint8Array): Promise<void> {
    const host = this.#host;
    if (!host?.writable) return Promise.resolve();
    return new Promise((resolve) => {
      // Also called, with an error, when the connection ends first.
      host.write(bytes, () => resolve());
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#host?.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #take(socket: Socket): void {
    this.#host?.destroy();
    this.#host = socket;
    socket.on("data", (bytes) => {
      if (socket === this.#host) this.#onBytes(bytes);
    });
    socket.on("error", () => {}); // the host went away; it connects again
  }
}
