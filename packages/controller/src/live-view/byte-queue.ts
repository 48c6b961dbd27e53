const SMALLEST_BYTES = 4096;

/** Bytes that wait for the rest of their message. Cheap in however small pieces they come. */
export class ByteQueue {
  #store: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  push(chunk: Buffer): void {
    if (this.#end + chunk.length > this.#store.length) this.#grow(chunk.length);
    chunk.copy(this.#store, this.#end);
    this.#end += chunk.length;
  }

  /** At most so many bytes from the front, which stay. Good until the next call of anything else. */
  peek(length: number): Buffer {
    return this.#store.subarray(this.#start, Math.min(this.#start + length, this.#end));
  }

  /** At most so many bytes from the front, as a copy. */
  take(length: number): Buffer {
    const bytes = Buffer.from(this.peek(length));
    this.drop(length);
    return bytes;
  }

  /** Forgets at most so many bytes; answers how many. */
  drop(length: number): number {
    const dropped = Math.min(length, this.length);
    this.#start += dropped;
    if (this.#start === this.#end) this.#empty();
    return dropped;
  }

  #empty(): void {
    this.#start = 0;
    this.#end = 0;
    if (this.#store.length > SMALLEST_BYTES) this.#store = Buffer.alloc(0);
  }

  /** Twice of what is needed, so that each byte is copied a few times at most. */
  #grow(more: number): void {
    const store = Buffer.alloc(Math.max(SMALLEST_BYTES, 2 * (this.length + more)));
    this.#store.copy(store, 0, this.#start, this.#end);
    this.#end = this.length;
    this.#start = 0;
    this.#store = store;
  }
}
