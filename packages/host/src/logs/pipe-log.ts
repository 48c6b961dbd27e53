import { appendFileSync, closeSync, constants, openSync, readSync, statSync } from "node:fs";
import { Socket } from "node:net";
import { z } from "zod";

/**
 * A named pipe and the log that its content goes to. A writer that opens it for reading too (Firecracker does) never
 * waits and never ends over it: while nobody drains it, the kernel keeps the first 64 KiB and the rest is dropped.
 */
export const PipeBounds = z.object({
  pipe: z.string(),
  log: z.string(),
  /** Size beyond which the log takes nothing more until somebody cuts it, in bytes. */
  limitBytes: z.number(),
});
export type PipeBounds = z.infer<typeof PipeBounds>;

const CHUNK_BYTES = 65_536;

/** Drains a named pipe into its log while we live. The pipe must exist. */
export class PipeLog implements Disposable {
  readonly #bounds: PipeBounds;
  readonly #socket: Socket;

  constructor(bounds: PipeBounds) {
    this.#bounds = bounds;
    // For writing, too: a pipe without a writer would be at its end before the VMM has opened it.
    this.#socket = new Socket({ fd: openPipe(bounds.pipe), readable: true, writable: false });
    this.#socket.on("data", (bytes) => this.#keep(bytes));
    this.#socket.on("error", () => {}); // nothing more comes; the VMM does not mind
    this.#socket.unref();
  }

  /** Takes what is still in the pipe, and lets go of it. */
  [Symbol.dispose](): void {
    if (this.#socket.destroyed) return;
    this.#socket.destroy();
    let rest: number;
    try {
      rest = openPipe(this.#bounds.pipe);
    } catch {
      return; // removed meanwhile, and what was in it with it
    }
    try {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      for (;;) this.#keep(chunk.subarray(0, readSync(rest, chunk)));
    } catch {
      // EAGAIN: it is empty
    } finally {
      closeSync(rest);
    }
  }

  #keep(bytes: Uint8Array): void {
    const { log, limitBytes } = this.#bounds;
    try {
      const room = limitBytes - statSync(log).size;
      if (room > 0) appendFileSync(log, bytes.subarray(0, room));
    } catch {
      // A log that is gone, or a full disk: the guest must not stop over it.
    }
  }
}

const openPipe = (path: string): number =>
  openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOFOLLOW);
