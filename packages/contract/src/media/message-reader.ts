import { MAX_MEDIA_BYTES } from "./wire.ts";

/** Cuts a byte stream into messages (kind and body). Throws RangeError for a length that no message has. */
export class MediaReader {
  readonly #maxBytes: number;
  #chunks: Uint8Array[] = [];
  #length = 0;

  constructor(maxBytes: number = MAX_MEDIA_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** The messages that are whole now. Those inside one chunk are views into it. */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    const messages: Uint8Array[] = [];
    for (let next = this.#take(); next; next = this.#take()) messages.push(next);
    return messages;
  }

  #take(): Uint8Array | undefined {
    if (this.#length < 4) return undefined;
    const head = this.#front(4);
    const length = new DataView(head.buffer, head.byteOffset).getUint32(0);
    if (length === 0 || length > this.#maxBytes)
      throw new RangeError(`a media message of ${length} bytes, at most ${this.#maxBytes}`);
    if (this.#length < 4 + length) return undefined;
    const message = this.#front(4 + length).subarray(4, 4 + length);
    this.#drop(4 + length);
    return message;
  }

  /** At least so many bytes in one piece. Copies only when they came in several, and then once. */
  #front(length: number): Uint8Array {
    const [first] = this.#chunks;
    if (first && first.length >= length) return first.subarray(0, length);
    const whole = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = [whole];
    return whole.subarray(0, length);
  }

  #drop(length: number): void {
    const [first, ...rest] = this.#chunks;
    if (!first) return;
    this.#chunks = first.length === length ? rest : [first.subarray(length), ...rest];
    this.#length -= length;
  }
}
