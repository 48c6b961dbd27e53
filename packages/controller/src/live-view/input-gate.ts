import {
  afterHandshake,
  type ClipboardDeed,
  type ClipboardPolicy,
  CLIENT_MESSAGE,
  EXTENDED_POINTER,
  HANDSHAKE_BYTES,
  type HandshakePhase,
  judgeForController,
  MAX_CLIPBOARD_BYTES,
  notRfb,
  readClipboardHead,
  readNumbered,
  silentCaps,
  silentClipboard,
  withExtendedClipboard,
} from "@browservm/contract";
import { ByteQueue } from "./byte-queue.ts";
import { HeldInput } from "./held-input.ts";
import { NumberedOrder } from "./numbered-order.ts";

export interface InputGateSpec {
  /** Asked for each message, at the moment when it is whole. */
  readonly hasControl: () => boolean;
  /** Called when input passes. */
  readonly onInput: () => void;
  /** Left out: text may go both ways. */
  readonly clipboard?: ClipboardPolicy;
  /** Told what is left out that its sender may want to know of: a code, and words for people. */
  readonly refused?: (code: string, why: string) => void;
}

/** As many as tell the length of any message. */
const HEAD_BYTES = 12;

/**
 * What a viewer who may have the control sends to the display: all of it while it has the control, else what only looks.
 * Works on any cut of the byte stream and passes on whole messages only, so that the control may change hands between
 * any two of them. Where it does not understand, everything passes while the control is there, and nothing without it:
 * then it fails as BAD_REQUEST.
 */
export class InputGate {
  readonly #spec: InputGateSpec;
  readonly #waiting = new ByteQueue();
  readonly #held = new HeldInput();
  readonly #order = new NumberedOrder();
  #phase: HandshakePhase | "messages" | "lost" = "version";
  /** Bytes of a dropped message that have not come yet. */
  #skip = 0;
  /** So many bytes must wait before it is worth looking again. */
  #wanted = 1;
  #isUnsure = false;

  constructor(spec: InputGateSpec) {
    this.#spec = spec;
  }

  /** The bytes to pass on. */
  push(chunk: Buffer): Buffer {
    if (this.#phase === "lost") return this.#blindly(chunk);
    this.#waiting.push(chunk);
    const out: Buffer[] = [];
    while (this.#waiting.length >= this.#wanted && this.#step(out));
    return Buffer.concat(out);
  }

  /**
   * The same for what comes by another way than this stream: a copy of its numbered input, or a move. Nothing where the
   * stream is not yet, or no more, understood. Keys and buttons are held as if they had come by the stream.
   */
  copy(bytes: Buffer): Buffer {
    const input = readNumbered(bytes);
    const out: Buffer[] = [];
    if (input && this.#phase === "messages" && this.#spec.hasControl())
      for (const message of this.#order.fromChannel(input)) this.#input(out, Buffer.from(message));
    return Buffer.concat(out);
  }

  /**
   * What lets go of the keys and buttons that are held, when the control is gone. Undefined when the display may be in
   * the middle of a message, so that it would read it as something else. BAD_REQUEST when nothing is understood.
   */
  letGo(): Buffer | undefined {
    if (this.#phase === "lost") throw notRfb("it is not understood");
    return this.#isUnsure ? undefined : this.#held.letGo();
  }

  /** One step of reading; false when more bytes are needed. */
  #step(out: Buffer[]): boolean {
    if (this.#skip > 0) {
      this.#skip -= this.#waiting.drop(this.#skip);
      return true;
    }
    if (this.#phase === "messages") return this.#message(out);
    return this.#phase !== "lost" && this.#handshake(this.#phase, out);
  }

  #handshake(phase: HandshakePhase, out: Buffer[]): boolean {
    const length = HANDSHAKE_BYTES[phase];
    if (this.#waiting.length < length) return this.#wait(length);
    const bytes = Buffer.from(this.#waiting.peek(length));
    try {
      this.#phase = afterHandshake(phase, bytes);
    } catch {
      return this.#lose(out);
    }
    this.#waiting.drop(length);
    this.#pass(out, bytes);
    if (this.#phase === "messages" && this.#isSilent) out.push(Buffer.from(silentClipboard()));
    return true;
  }

  /** The display tells nothing of its clipboard. */
  get #isSilent(): boolean {
    return this.#spec.clipboard?.fromGuest === false;
  }

  #message(out: Buffer[]): boolean {
    const verdict = judgeForController(this.#waiting.peek(HEAD_BYTES));
    if (verdict.act === "refuse") return this.#lose(out);
    if (verdict.act === "need") return this.#wait(verdict.bytes);
    if (this.#waiting.peek(1)[0] === CLIENT_MESSAGE.numberedInput) return this.#numbered(out, verdict.length);
    if (this.#waiting.peek(1)[0] === CLIENT_MESSAGE.clientCutText) return this.#clipboard(out, verdict.length);
    const isInput = verdict.act === "drop";
    if (isInput && !this.#spec.hasControl()) return this.#leaveOut(verdict.length);
    if (this.#waiting.length < verdict.length) return this.#wait(verdict.length);
    const bytes = this.#waiting.take(verdict.length);
    if (verdict.act === "encodings" && this.#isSilent)
      return this.#pass(out, Buffer.from(withExtendedClipboard(bytes)));
    return isInput ? this.#input(out, bytes) : this.#pass(out, bytes);
  }

  #leaveOut(length: number): true {
    this.#skip = length;
    this.#wanted = 1;
    return true;
  }

  #clipboard(out: Buffer[], length: number): boolean {
    const head = Math.min(length, HEAD_BYTES);
    if (this.#waiting.length < head) return this.#wait(head);
    const { deed, bytes } = readClipboardHead(this.#waiting.peek(head));
    const problem = this.#clipboardProblem(deed, bytes);
    if (problem) this.#spec.refused?.(...problem);
    if (problem || (deed !== "caps" && !this.#spec.hasControl())) return this.#leaveOut(length);
    if (this.#waiting.length < length) return this.#wait(length);
    const message = this.#waiting.take(length);
    if (deed === "give") return this.#input(out, message);
    return this.#pass(out, deed === "caps" && this.#isSilent ? Buffer.from(silentCaps()) : message);
  }

  #clipboardProblem(deed: ClipboardDeed, bytes: number): readonly [code: string, why: string] | undefined {
    const { toGuest, fromGuest } = this.#spec.clipboard ?? { toGuest: true, fromGuest: true };
    if (bytes > MAX_CLIPBOARD_BYTES)
      return ["CLIPBOARD_TOO_LARGE", `a clipboard has ${MAX_CLIPBOARD_BYTES / 1024} KiB at most`];
    if (deed === "give" && !toGuest) return ["CLIPBOARD_REFUSED", "no text may be put on this VM's clipboard"];
    if (deed === "take" && !fromGuest) return ["CLIPBOARD_REFUSED", "this VM's clipboard stays in the VM"];
    return undefined;
  }

  /** Takes its number whether or not the control is there: what is left out is left out on both ways. */
  #numbered(out: Buffer[], length: number): boolean {
    if (this.#waiting.length < length) return this.#wait(length);
    const input = readNumbered(this.#waiting.take(length));
    if (input?.kind !== "input") throw notRfb("a numbered message cannot be read");
    const messages = this.#order.fromConnection(input);
    if (this.#spec.hasControl()) for (const message of messages) this.#input(out, Buffer.from(message));
    this.#wanted = 1;
    return true;
  }

  #input(out: Buffer[], bytes: Buffer): boolean {
    // One byte longer or not: client and display may see it differently, and we cannot know (rfbproto, PointerEvent).
    if (bytes[0] === CLIENT_MESSAGE.pointerEvent && (bytes.readUInt8(1) & EXTENDED_POINTER) !== 0)
      this.#isUnsure = true;
    if (!this.#held.note(bytes)) return this.#pass(out, Buffer.alloc(0));
    this.#spec.onInput();
    return this.#pass(out, bytes);
  }

  #pass(out: Buffer[], bytes: Buffer): true {
    this.#wanted = 1;
    out.push(bytes);
    return true;
  }

  #wait(bytes: number): false {
    this.#wanted = bytes;
    return false;
  }

  #lose(out: Buffer[]): false {
    this.#phase = "lost";
    out.push(this.#blindly(this.#waiting.take(this.#waiting.length)));
    return false;
  }

  #blindly(chunk: Buffer): Buffer {
    if (!this.#spec.hasControl()) throw notRfb("it is not understood");
    if (INPUT.has(chunk[0] ?? -1)) this.#spec.onInput();
    return chunk;
  }
}

/** First bytes of messages that are input. */
const INPUT: ReadonlySet<number> = new Set([
  CLIENT_MESSAGE.keyEvent,
  CLIENT_MESSAGE.pointerEvent,
  CLIENT_MESSAGE.clientCutText,
  CLIENT_MESSAGE.qemu,
]);
