import { KEYS } from "../../screen/keysyms.ts";

/** The VM's clipboard and two keys, as noVNC's RFB has them. */
export interface PasteTarget {
  clipboardPasteFrom(text: string): void;
  sendKey(keysym: number, code: string | null, isDown?: boolean): void;
}

const LETTER_V = 0x76;
/** A browser has asked for the clipboard by then, also in a VM that is slow. */
const NEXT_MS = 200;

/**
 * Writes texts by way of the VM's clipboard, one after the other: an input method makes characters that no keyboard has.
 * The display hands out the newest text when the VM's browser asks for it, so the keys cannot come too early.
 */
export class TextPaster {
  readonly #target: () => PasteTarget | null;
  readonly #waiting: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(target: () => PasteTarget | null) {
    this.#target = target;
  }

  paste(text: string): void {
    this.#waiting.push(text);
    if (this.#timer === undefined) this.#next();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#waiting.length = 0;
  }

  #next(): void {
    this.#timer = undefined;
    const text = this.#waiting.splice(0).join("");
    const target = this.#target();
    if (text === "" || !target) return;
    target.clipboardPasteFrom(text);
    target.sendKey(KEYS.control, null, true);
    target.sendKey(LETTER_V, null);
    target.sendKey(KEYS.control, null, false);
    this.#timer = setTimeout(() => this.#next(), NEXT_MS);
  }
}
