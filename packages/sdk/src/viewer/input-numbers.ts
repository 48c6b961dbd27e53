import { CLIENT_MESSAGE, encodeInput, encodeMove } from "@browservm/contract";

/** The two data channels, as far as input needs them. */
export interface InputChannels {
  readonly moves: Pick<RTCDataChannel, "readyState" | "bufferedAmount" | "send">;
  readonly input: Pick<RTCDataChannel, "readyState" | "bufferedAmount" | "send">;
}

/** With more than this unsent a channel is no quick way, and its copies are left out. */
const MAX_UNSENT_BYTES = 4096;
/** A move after which nothing comes for so long is said over the connection too: it may have been lost. */
const SETTLE_MS = 60;

/**
 * The numbers of one RFB connection's input. From the first channels on, each key, button and turn of the wheel goes over
 * the connection with its number, and as a copy over a channel; the pointer's moves go over a channel alone, where they may
 * be lost, until the pointer rests.
 */
export class InputNumbers {
  /** Says something over the connection, between two messages. */
  readonly #say: (bytes: Uint8Array) => void;
  #channels: InputChannels | null = null;
  #tag: number | null = null;
  #number = 0;
  #order = 0;
  #buttons = 0;
  #unsettled: Uint8Array | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(say: (bytes: Uint8Array) => void) {
    this.#say = say;
  }

  set channels(channels: InputChannels | null) {
    this.#channels = channels;
  }

  /** What goes over the connection in the place of one message of input. */
  take(message: Uint8Array): Uint8Array[] {
    const isPointer = message[0] === CLIENT_MESSAGE.pointerEvent;
    const isMove = isPointer && this.#isMove(message);
    if (this.#tag === null && !this.#channels) return [message];
    const begin = this.#tag === null ? [this.#begin()] : [];
    if (!isPointer) return [...begin, ...this.#settle(), this.#numbered(message)];
    if (isMove && this.#send("moves", this.#move(message))) {
      this.#rest(message);
      return begin;
    }
    this.#forget(); // this place is newer
    return [...begin, this.#numbered(message)];
  }

  /** Something that is not numbered has been said over the connection: what comes by channels must not overtake it. */
  step(): Uint8Array[] {
    return this.#tag === null ? [] : [...this.#settle(), this.#encode(new Uint8Array())];
  }

  close(): void {
    this.#channels = null;
    this.#forget();
  }

  #begin(): Uint8Array {
    [this.#tag = 0] = crypto.getRandomValues(new Uint32Array(1));
    return this.#encode(new Uint8Array());
  }

  /** Whether no button has changed; a wheel is buttons too. */
  #isMove(message: Uint8Array): boolean {
    const [, buttons = 0] = message;
    const isSame = buttons === this.#buttons && message.length === 6;
    this.#buttons = buttons;
    return isSame;
  }

  #numbered(message: Uint8Array): Uint8Array {
    const bytes = this.#encode(message);
    this.#send("input", bytes);
    return bytes;
  }

  #encode(message: Uint8Array): Uint8Array<ArrayBuffer> {
    const number = this.#number;
    this.#number += 1;
    return encodeInput({ tag: this.#tag ?? 0, number, message });
  }

  #move(message: Uint8Array): Uint8Array<ArrayBuffer> {
    const order = this.#order;
    this.#order += 1;
    return encodeMove({ tag: this.#tag ?? 0, after: this.#number, order, message });
  }

  #send(name: keyof InputChannels, bytes: Uint8Array<ArrayBuffer>): boolean {
    const channel = this.#channels?.[name];
    if (channel?.readyState !== "open" || channel.bufferedAmount > MAX_UNSENT_BYTES) return false;
    channel.send(bytes);
    return true;
  }

  #rest(message: Uint8Array): void {
    this.#unsettled = message;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      for (const bytes of this.#settle()) this.#say(bytes);
    }, SETTLE_MS);
  }

  #settle(): Uint8Array[] {
    const message = this.#unsettled;
    this.#forget();
    return message ? [this.#numbered(message)] : [];
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#unsettled = null;
  }
}
