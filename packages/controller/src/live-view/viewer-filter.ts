import {
  afterHandshake,
  HANDSHAKE_BYTES,
  type HandshakePhase,
  judgeForViewer,
  notRfb,
  withoutInputEncodings,
} from "@browservm/contract";
import { asFollowed, mustBeFollowed } from "./followed-client.ts";

/**
 * What a viewer who may only look sends to the display, without keys, pointer, clipboard and resizing. Works on any
 * cut of the byte stream, and passes on whole messages only, so that the display can never read a dropped message's
 * rest as something else. Fails as BAD_REQUEST when it is not RFB 3.7 or 3.8.
 */
export class ViewerFilter {
  #phase: HandshakePhase | "messages" = "version";
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes of a dropped message that have not come yet. */
  #skip = 0;

  readonly #isFollowed: boolean;

  /** `isFollowed`: the display's answers are read, so nothing may be asked for that could not be. */
  constructor(isFollowed = false) {
    this.#isFollowed = isFollowed;
  }

  /** The bytes to pass on. */
  push(chunk: Buffer): Buffer {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const out: Uint8Array[] = [];
    while (this.#rest.length > 0 && this.#step(out));
    return Buffer.concat(out);
  }

  /** One step of reading; false when more bytes are needed. */
  #step(out: Uint8Array[]): boolean {
    if (this.#skip > 0) {
      this.#skip -= this.#take(Math.min(this.#skip, this.#rest.length)).length;
      return true;
    }
    return this.#phase === "messages" ? this.#message(out) : this.#handshake(this.#phase, out);
  }

  #handshake(phase: HandshakePhase, out: Uint8Array[]): boolean {
    const length = HANDSHAKE_BYTES[phase];
    if (this.#rest.length < length) return false;
    const bytes = this.#take(length);
    if (phase === "version" && this.#isFollowed) mustBeFollowed(bytes);
    this.#phase = afterHandshake(phase, bytes);
    out.push(bytes);
    return true;
  }

  #message(out: Uint8Array[]): boolean {
    const verdict = judgeForViewer(this.#rest);
    if (verdict.act === "refuse") throw notRfb(verdict.why);
    if (verdict.act === "need") return false;
    if (verdict.act === "drop") {
      this.#skip = verdict.length;
      return true;
    }
    if (this.#rest.length < verdict.length) return false;
    const bytes = this.#take(verdict.length);
    const kept = verdict.act === "encodings" ? Buffer.from(withoutInputEncodings(bytes)) : bytes;
    out.push(this.#isFollowed ? asFollowed(kept) : kept);
    return true;
  }

  /** The first bytes, as a copy that may be written to. */
  #take(length: number): Buffer {
    const bytes = Buffer.from(this.#rest.subarray(0, length));
    this.#rest = this.#rest.subarray(length);
    return bytes;
  }
}
