import { ByteQueue } from "./byte-queue.ts";
import { withoutTexts } from "./display-messages.ts";
import type { Ask } from "./display-reading.ts";

/**
 * What a display says to a viewer that is to get none of its texts, without these. Works on any cut of the byte stream.
 * Fails as BAD_REQUEST where it does not understand.
 */
export class DisplayFilter {
  readonly #waiting = new ByteQueue();
  readonly #reading = withoutTexts();
  #ask: Ask = this.#reading.next().value;
  /** Of what goes on, or not: so many bytes have not come yet. */
  #left = 0;

  /** The bytes to pass on. */
  push(chunk: Buffer): Buffer {
    this.#waiting.push(chunk);
    const out: Buffer[] = [];
    while (this.#step(out));
    return Buffer.concat(out);
  }

  /** False when more bytes are needed. */
  #step(out: Buffer[]): boolean {
    if (this.#ask.act === "look") return this.#look(this.#ask.bytes);
    const length = Math.min(this.#left, this.#waiting.length);
    if (this.#ask.act === "pass") out.push(this.#waiting.take(length));
    else this.#waiting.drop(length);
    this.#left -= length;
    if (this.#left > 0) return false;
    this.#next(NOTHING);
    return true;
  }

  #look(bytes: number): boolean {
    if (this.#waiting.length < bytes) return false;
    const seen = this.#waiting.peek(bytes);
    this.#next(new DataView(seen.buffer, seen.byteOffset, bytes));
    return true;
  }

  #next(seen: DataView): void {
    this.#ask = this.#reading.next(seen).value;
    this.#left = this.#ask.bytes;
  }
}

const NOTHING = new DataView(new ArrayBuffer(0));
