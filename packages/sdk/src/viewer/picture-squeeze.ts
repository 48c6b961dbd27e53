import {
  afterHandshake,
  CLIENT_MESSAGE,
  HANDSHAKE_BYTES,
  type HandshakePhase,
  judgeForController,
  type RfbVerdict,
} from "@browservm/contract";
import type { InputNumbers } from "./input-numbers.ts";

/** x, y, width and height of what is asked for while the picture is squeezed away: one pixel. */
const ONE_PIXEL = new Uint8Array([0, 0, 0, 0, 0, 1, 0, 1]);
const REQUEST_BYTES = 10;
const KEYS_AND_POINTER: ReadonlySet<number> = new Set([
  CLIENT_MESSAGE.keyEvent,
  CLIENT_MESSAGE.pointerEvent,
  CLIENT_MESSAGE.qemu,
]);
const NONE = new Uint8Array(0);

/**
 * What an RFB client sends, so changed that no picture comes while another way brings it: the areas that it asks for
 * become one pixel. Keys, pointer, clipboard, cursor and size go on. Works on any cut of the byte stream. Where it does
 * not understand, everything passes as it is.
 */
export class PictureSqueeze {
  #phase: HandshakePhase | "messages" | "lost" = "version";
  #waiting: Uint8Array = NONE;
  /** Bytes of a message that passes and has not come as a whole. */
  #left = 0;
  #isOn = false;
  /** Said between two messages, as soon as there is a between. */
  #due: Uint8Array[] = [];
  /** The same about the picture: newer ones replace those that wait. */
  #requests: Uint8Array[] = [];
  /** What the client wants to see; null before it has said so. */
  #area: Uint8Array | null = null;
  #isContinuous = false;
  readonly #numbers: Pick<InputNumbers, "take" | "step"> | undefined;

  /** With `numbers`, input goes out as these say. */
  constructor(numbers?: Pick<InputNumbers, "take" | "step">) {
    this.#numbers = numbers;
  }

  /** The bytes to send instead. */
  push(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
    this.#waiting = joined([this.#waiting, chunk]);
    const out: Uint8Array[] = [];
    while (this.#waiting.length > 0 && this.#step(out));
    return joined(out);
  }

  /** What has to be said so that the picture goes, or comes back. */
  squeeze(isOn: boolean): Uint8Array<ArrayBuffer> {
    if (isOn === this.#isOn) return NONE;
    this.#isOn = isOn;
    if (this.#area === null || this.#phase === "lost") return NONE;
    const area = isOn ? ONE_PIXEL : this.#area;
    this.#requests = this.#isContinuous ? [request(CLIENT_MESSAGE.enableContinuousUpdates, 1, area)] : [];
    // all of it, for what has changed meanwhile was never sent
    if (!isOn) this.#requests.push(request(CLIENT_MESSAGE.framebufferUpdateRequest, 0, area));
    const out: Uint8Array[] = [];
    this.#between(out);
    return joined(out);
  }

  /** The bytes to send now, so that this is said between two messages; what has to wait goes with the next ones. */
  insert(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    this.#due.push(bytes);
    const out: Uint8Array[] = [];
    this.#between(out);
    return joined(out);
  }

  #step(out: Uint8Array[]): boolean {
    if (this.#phase === "lost") return this.#pass(out, this.#waiting.length);
    if (this.#left > 0) {
      const length = Math.min(this.#left, this.#waiting.length);
      this.#left -= length;
      this.#pass(out, length);
      return this.#between(out);
    }
    return this.#phase === "messages" ? this.#message(out) : this.#handshake(this.#phase, out);
  }

  #handshake(phase: HandshakePhase, out: Uint8Array[]): boolean {
    const length = HANDSHAKE_BYTES[phase];
    if (this.#waiting.length < length) return false;
    try {
      this.#phase = afterHandshake(phase, this.#waiting.slice(0, length));
    } catch {
      this.#phase = "lost";
    }
    return this.#pass(out, length);
  }

  #message(out: Uint8Array[]): boolean {
    const verdict = judgeForController(this.#waiting);
    if (verdict.act === "need") return false;
    if (verdict.act === "refuse") {
      this.#phase = "lost";
      return true;
    }
    const [type] = this.#waiting;
    const isRequest =
      type === CLIENT_MESSAGE.framebufferUpdateRequest || type === CLIENT_MESSAGE.enableContinuousUpdates;
    if (!isRequest) return this.#other(out, verdict);
    if (this.#waiting.length < REQUEST_BYTES) return false;
    const message = this.#take(REQUEST_BYTES);
    this.#area = message.slice(2);
    if (type === CLIENT_MESSAGE.enableContinuousUpdates) this.#isContinuous = message[1] !== 0;
    if (this.#isOn) message.set(ONE_PIXEL, 2);
    out.push(message);
    return true;
  }

  #other(out: Uint8Array[], { act, length }: Extract<RfbVerdict, { length: number }>): boolean {
    const [type = -1] = this.#waiting;
    const isInput = act === "drop" && KEYS_AND_POINTER.has(type);
    if (isInput && this.#numbers) {
      if (this.#waiting.length < length) return false;
      out.push(...this.#numbers.take(this.#take(length)));
      return true;
    }
    if (act === "drop" && this.#numbers) this.#due.push(...this.#numbers.step());
    this.#left = length;
    return true;
  }

  /** Says what is due, unless a message is on its way. */
  #between(out: Uint8Array[]): true {
    if (this.#left > 0) return true;
    out.push(...this.#due, ...this.#requests);
    this.#due = [];
    this.#requests = [];
    return true;
  }

  #pass(out: Uint8Array[], length: number): true {
    out.push(this.#take(length));
    return true;
  }

  #take(length: number): Uint8Array {
    const bytes = this.#waiting.slice(0, length);
    this.#waiting = this.#waiting.subarray(length);
    return bytes;
  }
}

function request(type: number, flag: number, area: Uint8Array): Uint8Array {
  return joined([new Uint8Array([type, flag]), area]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
