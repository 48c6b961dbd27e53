import { KEYS } from "../../screen/keysyms.ts";
import type { KeyAction } from "./key-translator.ts";

/** The VM's clipboard and two keys, as noVNC's RFB has them. */
export interface PasteTarget {
  clipboardPasteFrom(text: string): void;
  sendKey(keysym: number, code: string | null, isDown?: boolean): void;
}

/** The key that is pressed with Control when it is known; null: none. */
export type Held = Pick<KeyAction, "keysym" | "code"> | null;

type WaitingKey = { readonly is: "key"; readonly key: KeyAction };
type Waiting =
  | WaitingKey
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "held"; readonly held: Held | undefined };

/** Pastes, with Control. */
export const PASTE_KEY = { keysym: 0x76, code: null } as const;
/** The left and the right one. */
const CONTROLS: readonly number[] = [KEYS.control, KEYS.control + 1];
/** Shift to Hyper (keysymdef.h). */
const MODIFIERS = [0xffe1, 0xffee] as const;
/** A browser has asked for the clipboard by then, also in a VM that is slow. */
const NEXT_MS = 200;
/** More is not pressed: nobody types so much meanwhile. What is to be let go waits all the same. */
const MAX_WAITING = 1000;

/**
 * Keys, and texts that are written by way of the VM's clipboard (an input method makes characters that no keyboard has),
 * in the order in which they came. The display hands out the newest text when the VM's browser asks for it, so one text
 * waits for the other, and keys wait behind it.
 */
export class TextPaster {
  readonly #target: () => PasteTarget | null;
  #waiting: Waiting[] = [];
  /** Keys that `#last` has down. */
  readonly #down = new Map<string, KeyAction>();
  #last: PasteTarget | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /** `target`: who hears keys now; null while nobody does. */
  constructor(target: () => PasteTarget | null) {
    this.#target = target;
  }

  send(key: KeyAction): void {
    const when = key.isDown ? this.#whenPressed() : this.#whenLetGo(key);
    if (when === "now") this.#send(key);
    else if (when === "later") this.#waiting.push({ is: "key", key });
  }

  paste(text: string): void {
    const last = this.#waiting.at(-1);
    if (last?.is === "text") this.#waiting[this.#waiting.length - 1] = { is: "text", text: last.text + text };
    else this.#wait({ is: "text", text });
    this.#go();
  }

  /** What comes after waits until this is known. */
  hold(held: Promise<Held>): void {
    const mark: Waiting = { is: "held", held: undefined };
    this.#wait(mark);
    const settle = (known: Held) => {
      this.#waiting = this.#waiting.map((one) => (one === mark ? { is: "held", held: known } : one));
      this.#go();
    };
    held.then(settle, () => settle(null));
  }

  /** Lets go of all keys that are down. */
  letGo(): void {
    for (const key of [...this.#down.values()]) this.#send({ ...key, isDown: false });
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#waiting = [];
    this.letGo();
  }

  #whenPressed(): "now" | "later" | "never" {
    if (this.#waiting.length === 0) return "now";
    return this.#isFull ? "never" : "later";
  }

  /** What is held is let go at once, unless it waits to be pressed, or is a modifier of what does. */
  #whenLetGo(key: KeyAction): "now" | "later" | "never" {
    const own = this.#waiting.findLast((one): one is WaitingKey => one.is === "key" && isSame(one.key, key));
    if (own) return own.key.isDown ? "later" : "never";
    const isModifier = key.keysym >= MODIFIERS[0] && key.keysym <= MODIFIERS[1];
    return isModifier && this.#waiting.some((one) => one.is === "key" && one.key.isDown) ? "later" : "now";
  }

  get #isFull(): boolean {
    return this.#isClosed || this.#waiting.length >= MAX_WAITING;
  }

  #wait(one: Waiting): void {
    if (!this.#isFull) this.#waiting.push(one);
  }

  #go(): void {
    for (let next = this.#waiting[0]; next && this.#do(next); next = this.#waiting[0]) this.#waiting.shift();
  }

  /** False when it must wait. */
  #do(next: Waiting): boolean {
    if (next.is === "key") this.#send(next.key);
    else if (next.is === "text") return this.#write(next.text);
    else if (next.held === undefined) return false;
    else if (next.held) this.#pressWithControl(next.held);
    return true;
  }

  #write(text: string): boolean {
    if (this.#timer !== undefined) return false;
    const target = this.#listener();
    if (text === "" || !target) return true;
    target.clipboardPasteFrom(text);
    this.#pressWithControl(PASTE_KEY);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#go();
    }, NEXT_MS);
    return true;
  }

  #send(key: KeyAction): void {
    const target = this.#listener();
    if (!target) return;
    const { keysym, code, isDown } = key;
    if (isDown) this.#down.set(`${keysym} ${code}`, key);
    else this.#down.delete(`${keysym} ${code}`);
    target.sendKey(keysym, code, isDown);
  }

  /** A Control that is held already does, and stays held; one that was let go meanwhile is pressed for it. */
  #pressWithControl({ keysym, code }: NonNullable<Held>): void {
    const target = this.#listener();
    const isHeld = [...this.#down.values()].some((key) => CONTROLS.includes(key.keysym));
    if (!isHeld) target?.sendKey(KEYS.control, null, true);
    target?.sendKey(keysym, code);
    if (!isHeld) target?.sendKey(KEYS.control, null, false);
  }

  #listener(): PasteTarget | null {
    const target = this.#target();
    // another connection knows nothing of what is down on the one before
    if (target && target !== this.#last) this.#down.clear();
    this.#last = target ?? this.#last;
    return target;
  }
}

const isSame = (one: KeyAction, other: KeyAction): boolean =>
  one.keysym === other.keysym && one.code === other.code;
