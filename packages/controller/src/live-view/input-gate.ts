import {
  afterHandshake,
  CLIENT_MESSAGE,
  type ClipboardPolicy,
  EXTENDED_POINTER,
  HANDSHAKE_BYTES,
  type HandshakePhase,
  judgeForController,
  notRfb,
  OPEN_CLIPBOARD,
  readNumbered,
} from "@browservm/contract";
import { ByteQueue } from "./byte-queue.ts";
import { type ClipboardProblem, judgeClipboard } from "./clipboard-rules.ts";
import { asFollowed, mustBeFollowed } from "./followed-client.ts";
import { HeldInput } from "./held-input.ts";
import { NumberedOrder } from "./numbered-order.ts";

export interface InputGateSpec {
  /** Asked for each message, at the moment when it is whole. */
  readonly hasControl: () => boolean;
  /** Called when input passes. */
  readonly onInput: () => void;
  /** Left out: open both ways. */
  readonly clipboard?: ClipboardPolicy;
  /** Told why something for the clipboard did not pass. */
  readonly onRefused?: (...problem: ClipboardProblem) => void;
}

/** As many as tell the length of any message. */
const HEAD_BYTES = 9;

/**
 * What a viewer who may have the control sends to the display: all of it while it has the control, else what only looks.
 * Works on any cut of the byte stream and passes on whole messages only, so that the control may change hands between
 * any two of them. Where it does not understand, everything passes while the control is there, and nothing without it, or
 * where the clipboard is closed in some direction: then it fails as BAD_REQUEST.
 */
export class InputGate {
  readonly #spec: InputGateSpec;
  readonly #policy: ClipboardPolicy;
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
    this.#policy = spec.clipboard ?? OPEN_CLIPBOARD;
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
    if (phase === "version" && this.#isClosed) mustBeFollowed(bytes);
    try {
      this.#phase = afterHandshake(phase, bytes);
    } catch {
      return this.#lose(out);
    }
    this.#waiting.drop(length);
    return this.#pass(out, bytes);
  }

  /** In some direction: then nothing may pass that the display could read as something else. */
  get #isClosed(): boolean {
    return !this.#policy.toGuest || !this.#policy.fromGuest;
  }

  #message(out: Buffer[]): boolean {
    const [type] = this.#waiting.peek(1);
    if (type === CLIENT_MESSAGE.clientCutText) return this.#clipboard(out);
    const verdict = judgeForController(this.#waiting.peek(HEAD_BYTES));
    if (verdict.act === "refuse") return this.#lose(out);
    if (verdict.act === "need") return this.#wait(verdict.bytes);
    if (type === CLIENT_MESSAGE.numberedInput) return this.#numbered(out, verdict.length);
    const isInput = verdict.act === "drop";
    if (isInput && !this.#spec.hasControl()) return this.#leaveOut(verdict.length);
    if (this.#waiting.length < verdict.length) return this.#wait(verdict.length);
    const bytes = this.#waiting.take(verdict.length);
    if (isInput) return this.#input(out, bytes);
    return this.#pass(out, this.#isClosed ? asFollowed(bytes) : bytes);
  }

  #clipboard(out: Buffer[]): boolean {
    const { hasControl, onRefused } = this.#spec;
    const verdict = judgeClipboard(this.#waiting, { policy: this.#policy, hasControl });
    if (verdict.act === "need") return this.#wait(verdict.bytes);
    if (verdict.act === "skip") {
      if (verdict.problem) onRefused?.(...verdict.problem);
      return this.#leaveOut(verdict.length);
    }
    const bytes = this.#waiting.take(verdict.length);
    return verdict.act === "give" ? this.#input(out, bytes) : this.#pass(out, bytes);
  }

  #leaveOut(length: number): true {
    this.#skip = length;
    this.#wanted = 1;
    return true;
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
    if (bytes[0] === CLIENT_MESSAGE.pointerEvent && (bytes.readUInt8(1) & EXTENDED_POINTER) !== 0) {
      if (this.#isClosed) return this.#pass(out, Buffer.alloc(0));
      this.#isUnsure = true;
    }
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
    if (this.#isClosed || !this.#spec.hasControl()) throw notRfb("it is not understood");
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
