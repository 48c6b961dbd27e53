import { once } from "node:events";
import { readdir, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { ControlPort } from "./control-port.ts";

/** Where the driver lists its devices: one as soon as there is a vsock device in this VM. */
const DRIVER = "sys/bus/virtio/drivers/vmw_vsock_virtio_transport";

/** Whether the VMM gave this VM a vsock device. Loopback alone (`/dev/vsock`) is none. */
export async function hasVsock(root = "/"): Promise<boolean> {
  const entries = await readdir(join(root, DRIVER)).catch(() => []); // no driver yet
  return entries.some((name) => name.startsWith("virtio"));
}

/**
 * A vsock port as a byte stream. Node knows no AF_VSOCK: a relay (vsock-relay.ts) connects to our unix socket for each
 * connection of the host. The newest is the host; an older one is closed, for its hostd is gone.
 */
export class VsockPort implements ControlPort, AsyncDisposable {
  readonly #server: Server;
  #host: Socket | undefined;
  #onBytes: (bytes: Uint8Array) => void = () => {};

  /** Listens at `path`; a socket that an earlier agent left there is replaced. */
  static async open(path: string): Promise<VsockPort> {
    await rm(path, { force: true });
    const port = new VsockPort();
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
