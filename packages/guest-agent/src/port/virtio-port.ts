import { type FileHandle, open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { ControlPort } from "./control-port.ts";

const READ_BYTES = 65_536;
/** How often a port without a host is looked at. The kernel has no event for "the host connected" that Node can wait on. */
const NO_HOST_MS = 250;

/**
 * A virtio-serial port as a byte stream. A read blocks in the kernel in one thread of Node's pool until bytes come,
 * so an idle connected port costs nothing; it answers 0 bytes at once while no host is connected.
 */
export class VirtioPort implements ControlPort {
  readonly #file: FileHandle;
  readonly #onBroken: (error: Error) => void;
  #writing: Promise<void> = Promise.resolve();

  /** `onBroken`: the port is gone (for instance unplugged), and nothing more will come. */
  static async open(path: string, onBroken: (error: Error) => void): Promise<VirtioPort> {
    return new VirtioPort(await open(path, "r+"), onBroken);
  }

  private constructor(file: FileHandle, onBroken: (error: Error) => void) {
    this.#file = file;
    this.#onBroken = onBroken;
  }

  listen(onBytes: (bytes: Uint8Array) => void): void {
    void this.#keepReading(onBytes);
  }

  /** Settles when the kernel took the bytes, which may wait for a host that reads. */
  write(bytes: Uint8Array): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeAll(bytes)).catch((error) => this.#onBroken(error));
    return this.#writing;
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    // One write takes at most 32 KiB (drivers/char/virtio_console.c, port_fops_write).
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at);
      at += bytesWritten;
      if (bytesWritten === 0) await sleep(NO_HOST_MS);
    }
  }

  async #keepReading(onBytes: (bytes: Uint8Array) => void): Promise<void> {
    try {
      while (true) {
        const { bytesRead, buffer } = await this.#file.read(new Uint8Array(READ_BYTES), 0, READ_BYTES);
        if (bytesRead === 0) await sleep(NO_HOST_MS);
        else onBytes(buffer.subarray(0, bytesRead));
      }
    } catch (error) {
      this.#onBroken(error as Error);
    }
  }
}
