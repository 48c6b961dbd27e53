import type { Duplex } from "node:stream";

/** Reads exact numbers of bytes from a stream, one reader at a time. Fails when the stream or `signal` ends first. */
export class ByteReader implements Disposable {
  readonly #stream: Duplex;
  readonly #signal: AbortSignal;
  #waiting: PromiseWithResolvers<void> | undefined;
  #failure: Error | undefined;
  readonly #onReadable = () => this.#wake();
  readonly #onEnd = () => this.#fail(new Error("the stream ended"));
  readonly #onError = (error: Error) => this.#fail(error);
  readonly #onAbort = () => this.#fail(this.#signal.reason);

  constructor(stream: Duplex, signal: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
    stream.on("readable", this.#onReadable);
    stream.on("end", this.#onEnd);
    stream.on("close", this.#onEnd);
    stream.on("error", this.#onError);
    signal.addEventListener("abort", this.#onAbort);
    if (signal.aborted) this.#onAbort();
  }

  async read(length: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      const buffered = this.#stream.readableLength;
      const chunk: Buffer | null = buffered > 0 ? this.#stream.read(Math.min(missing, buffered)) : null;
      if (chunk) {
        chunks.push(chunk);
        missing -= chunk.length;
      } else {
        await this.#more();
      }
    }
    return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
  }

  [Symbol.dispose](): void {
    this.#stream.off("readable", this.#onReadable);
    this.#stream.off("end", this.#onEnd);
    this.#stream.off("close", this.#onEnd);
    this.#signal.removeEventListener("abort", this.#onAbort);
    // The error listener stays: a stream that fails after we left must not end the process.
  }

  #more(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    this.#waiting = Promise.withResolvers();
    // An empty read asks the stream to go and fetch more.
    this.#stream.read(0);
    return this.#waiting.promise;
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  #fail(reason: unknown): void {
    this.#failure ??= reason instanceof Error ? reason : new Error(String(reason));
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
  }
}
