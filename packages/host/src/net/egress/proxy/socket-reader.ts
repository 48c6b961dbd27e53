import type { Socket } from "node:net";
import { BrowserVmError } from "@browservm/contract";

/** Reads the beginning of a stream piece by piece, and gives back what it read too much. */
export class SocketReader {
  readonly #socket: Socket;
  readonly #signal: AbortSignal;
  #held = Buffer.alloc(0);

  constructor(socket: Socket, signal: AbortSignal) {
    this.#socket = socket;
    this.#signal = signal;
  }

  /** PROXY_NOT_SPOKEN when it ends before; PROXY_UNREACHABLE when the time is over. */
  async exactly(bytes: number): Promise<Buffer> {
    while (this.#held.length < bytes) await this.#more();
    return this.#take(bytes);
  }

  /** Up to `mark` and with it. PROXY_NOT_SPOKEN when it does not come within so many bytes. */
  async through(mark: string, most: number): Promise<Buffer> {
    for (;;) {
      const at = this.#held.indexOf(mark);
      if (at !== -1) return this.#take(at + mark.length);
      if (this.#held.length > most)
        throw new BrowserVmError("PROXY_NOT_SPOKEN", `its answer does not end within ${most} bytes`);
      await this.#more();
    }
  }

  /** What was read too much is the next reader's. */
  release(): void {
    if (this.#held.length > 0) this.#socket.unshift(this.#held);
    this.#held = Buffer.alloc(0);
  }

  #take(bytes: number): Buffer {
    const taken = this.#held.subarray(0, bytes);
    this.#held = this.#held.subarray(bytes);
    return taken;
  }

  async #more(): Promise<void> {
    for (;;) {
      if (this.#signal.aborted) throw new BrowserVmError("PROXY_UNREACHABLE", "it does not answer in time");
      const chunk: Buffer | null = this.#socket.read();
      if (chunk) {
        this.#held = Buffer.concat([this.#held, chunk]);
        return;
      }
      if (this.#socket.readableEnded || this.#socket.destroyed)
        throw new BrowserVmError("PROXY_NOT_SPOKEN", "it closes the connection in the middle of its answer");
      await news(this.#socket, this.#signal);
    }
  }
}

/** Settles when there may be something to read, or nothing will be any more. */
function news(socket: Socket, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const tell = () => resolve();
  const events = ["readable", "end", "close"] as const;
  for (const event of events) socket.once(event, tell);
  signal.addEventListener("abort", tell, { once: true });
  return promise.finally(() => {
    for (const event of events) socket.off(event, tell);
    signal.removeEventListener("abort", tell);
  });
}
