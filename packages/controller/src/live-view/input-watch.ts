import { CLIENT_MESSAGE, judgeForViewer } from "./rfb-message.ts";

/** Version, security type and ClientInit (RFC 6143 §7.1 to §7.3.1); our guests ask for no password. */
const HANDSHAKE_BYTES = 12 + 1 + 1;
/** The mask of a pointer that has more than seven buttons says so, and one byte more follows. */
const EXTENDED_POINTER = 0x80;

/**
 * Tells whether somebody who may control uses keys, pointer or clipboard. It only listens: on any cut of the byte stream,
 * and without a word where it does not understand – then every message counts that begins like input.
 */
export class InputWatch {
  #skip = HANDSHAKE_BYTES;
  #rest: Buffer = Buffer.alloc(0);
  #isLost = false;

  /** True when these bytes hold input. */
  push(chunk: Buffer): boolean {
    if (this.#isLost) return INPUT.has(chunk[0] ?? -1);
    const skipped = Math.min(this.#skip, chunk.length);
    this.#skip -= skipped;
    this.#rest = Buffer.concat([this.#rest, chunk.subarray(skipped)]);
    let hasInput = false;
    while (this.#rest.length > 0) {
      const isInput = this.#message();
      if (isInput === undefined) break;
      hasInput ||= isInput;
    }
    return hasInput;
  }

  /** Whether the next message is input; undefined when more bytes are needed to tell. */
  #message(): boolean | undefined {
    const isPointer = this.#rest[0] === CLIENT_MESSAGE.pointerEvent;
    if (isPointer && this.#rest.length < 2) return undefined;
    const verdict = judgeForViewer(this.#rest);
    if (verdict.act === "need") return undefined;
    if (verdict.act === "refuse") {
      this.#isLost = true;
      this.#rest = Buffer.alloc(0);
      return undefined;
    }
    const isExtended = isPointer && ((this.#rest[1] ?? 0) & EXTENDED_POINTER) !== 0;
    const length = verdict.length + (isExtended ? 1 : 0);
    this.#skip = Math.max(0, length - this.#rest.length);
    this.#rest = this.#rest.subarray(length);
    return verdict.act === "drop";
  }
}

/** First bytes of messages that are input. */
const INPUT: ReadonlySet<number> = new Set([
  CLIENT_MESSAGE.keyEvent,
  CLIENT_MESSAGE.pointerEvent,
  CLIENT_MESSAGE.clientCutText,
  CLIENT_MESSAGE.qemu,
]);
