import { KEYS } from "../../screen/keysyms.ts";
import type { KeyAction } from "./key-translator.ts";

/** The VM's clipboard and two keys, as noVNC's RFB has them. */
export interface PasteTarget {
  clipboardPasteFrom(text: string): void;
  sendKey(keysym: number, code: string | null, isDown?: boolean): void;
}

/** What is to be done when it is known: what the VM's clipboard has by then is pasted, or these keys are sent. */
export type Held = "paste" | readonly KeyAction[];

type Waiting =
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "key"; readonly key: KeyAction }
  | { readonly is: "held"; readonly held: Held | null };

const LETTER_V = 0x76;
/** The left and the right one. */
const CONTROLS = [KEYS.control, KEYS.control + 1];
/** A browser has asked for the clipboard by then, also in a VM that is slow. */
const NEXT_MS = 200;
/** More does not wait: nobody types so much meanwhile. */
const MAX_WAITING = 1000;

/**
 * Keys, and texts that are written by way of the VM's clipboard (an input method makes characters that no keyboard has),
 * in the order in which they came. The display hands out the newest text when the VM's browser asks for it, so one text
 * waits for the other, and keys wait behind it.
 */
export class TextPaster {
  readonly #target: () => PasteTarget | null;
  #waiting: Waiting[] = [];
  readonly #down = new Set<number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(target: () => PasteTarget | null) {
    this.#target = target;
  }

  send(key: KeyAction): void {
    // what is held is let go at once, unless it waits to be pressed
    const isPressWaiting = this.#waiting.some((one) => one.is === "key" && one.key.code === key.code);
    if (this.#waiting.length === 0 || (!key.isDown && !isPressWaiting)) this.#send(key);
    else this.#wait({ is: "key", key });
  }

  paste(text: string): void {
    const last = this.#waiting.at(-1);
    if (last?.is === "text") this.#waiting[this.#waiting.length - 1] = { is: "text", text: last.text + text };
    else this.#wait({ is: "text", text });
    this.#go();
  }

  /** What comes after waits until this is known. */
  hold(held: Promise<Held>): void {
    const mark: Waiting = { is: "held", held: null };
    this.#wait(mark);
    const settle = (known: Held) => {
      this.#waiting = this.#waiting.map((one) => (one === mark ? { is: "held", held: known } : one));
      this.#go();
    };
    held.then(settle, () => settle([]));
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#waiting = [];
  }

  #wait(one: Waiting): void {
    if (!this.#isClosed && this.#waiting.length < MAX_WAITING) this.#waiting.push(one);
  }

  #go(): void {
    for (let next = this.#waiting[0]; next && this.#do(next); next = this.#waiting[0]) this.#waiting.shift();
  }

  /** False when it must wait. */
  #do(next: Waiting): boolean {
    if (next.is === "key") this.#send(next.key);
    else if (next.is === "text") return this.#write(next.text);
    else if (next.held === null) return false;
    else if (next.held === "paste") this.#pressPaste();
    else for (const key of next.held) this.#send(key);
    return true;
  }

  #write(text: string): boolean {
    if (this.#timer !== undefined) return false;
    const target = this.#target();
    if (text === "" || !target) return true;
    target.clipboardPasteFrom(text);
    this.#pressPaste();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#go();
    }, NEXT_MS);
    return true;
  }

  #send({ keysym, code, isDown }: KeyAction): void {
    if (isDown) this.#down.add(keysym);
    else this.#down.delete(keysym);
    this.#target()?.sendKey(keysym, code, isDown);
  }

  /** A Control that is held already does, and stays held. */
  #pressPaste(): void {
    const target = this.#target();
    const isHeld = CONTROLS.some((keysym) => this.#down.has(keysym));
    if (!isHeld) target?.sendKey(KEYS.control, null, true);
    target?.sendKey(LETTER_V, null);
    if (!isHeld) target?.sendKey(KEYS.control, null, false);
  }
}
