import type { KeyAction, KeyStroke } from "./key-translator.ts";
import { type Held, PASTE_KEY } from "./text-paster.ts";

/** How images of the reader's clipboard come to the VM's. */
export interface ImageWays {
  /** The reader has turned to the display. */
  come(): void;
  /** The reader has copied something there. */
  vmCopied(): void;
  /** Whether what the reader pastes is an image, and then, whether it came to the VM's clipboard. */
  take(data: DataTransfer | null): Promise<boolean> | undefined;
  /** Keys wait for it. */
  hold(held: Promise<Held>): void;
}

export interface PasteKeySpec {
  readonly images: ImageWays;
  /** Presses and releases keys in the VM. */
  readonly send: (actions: readonly KeyAction[]) => void;
  /** Where Command pastes. */
  readonly isMac: boolean;
}

/** A browser says what is pasted with the key, if it says it at all. In milliseconds. */
const PASTE_MS = 80;

/** The keys that paste. The reader's browser is let do it, for only then does it say what. */
export class PasteKey {
  readonly #spec: PasteKeySpec;
  #settle: ((held?: Promise<Held>) => void) | null = null;

  constructor(spec: PasteKeySpec) {
    this.#spec = spec;
  }

  /** Whether the event must be left to the browser: then `pasted` comes, or the key goes as it is. */
  takes(stroke: KeyStroke, actions: readonly KeyAction[]): boolean {
    const { images, send } = this.#spec;
    if (this.#isShortcut(stroke, "c") || this.#isShortcut(stroke, "x")) images.vmCopied();
    const key = this.#isShortcut(stroke, "v") ? actions.at(-1) : undefined;
    if (!key) return false;
    // a Control that had waited, modifiers that are no longer held
    send(actions.filter(({ keysym, code }) => keysym !== key.keysym || code !== key.code));
    this.#settle?.(); // its event comes no more
    const { promise, resolve } = Promise.withResolvers<Held>();
    const timer = setTimeout(() => this.#settle?.(), PASTE_MS);
    this.#settle = (held) => {
      clearTimeout(timer);
      this.#settle = null;
      resolve(held ?? { keysym: key.keysym, code: key.code });
    };
    images.hold(promise);
    return true;
  }

  pasted(data: DataTransfer | null): void {
    const giving = this.#settle && this.#spec.images.take(data);
    this.#settle?.(giving?.then((isThere): Held => (isThere ? PASTE_KEY : null)));
  }

  /** A letter with Control, or Command. */
  #isShortcut({ type, key, code, ctrlKey, metaKey, altKey }: KeyStroke, letter: string): boolean {
    if (type !== "keydown" || altKey || !(ctrlKey || (metaKey && this.#spec.isMac))) return false;
    // in other scripts it is the key where that letter stands
    return key.toLowerCase() === letter || (key > "\u024f" && code === `Key${letter.toUpperCase()}`);
  }
}
