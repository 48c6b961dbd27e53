import type { KeyAction, KeyStroke } from "./key-translator.ts";
import type { Held } from "./text-paster.ts";

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

/** A browser says what is pasted with the key, if it says it at all. In milliseconds. */
const PASTE_MS = 80;

/** The keys that paste. The reader's browser is let do it, for only then does it say what. */
export class PasteKey {
  readonly #images: ImageWays;
  #settle: ((held?: Promise<Held>) => void) | null = null;

  constructor(images: ImageWays) {
    this.#images = images;
  }

  /** Whether the event must be left to the browser: then `pasted` comes, or the keys go as they are. */
  takes(stroke: KeyStroke, actions: readonly KeyAction[]): boolean {
    if (isShortcut(stroke, "c") || isShortcut(stroke, "x")) this.#images.vmCopied();
    if (!isShortcut(stroke, "v")) return false;
    this.#settle?.(); // its event comes no more
    const { promise, resolve } = Promise.withResolvers<Held>();
    const timer = setTimeout(() => this.#settle?.(), PASTE_MS);
    this.#settle = (held) => {
      clearTimeout(timer);
      this.#settle = null;
      resolve(held ?? actions);
    };
    this.#images.hold(promise);
    return true;
  }

  pasted(data: DataTransfer | null): void {
    const giving = this.#settle && this.#images.take(data);
    this.#settle?.(giving?.then((isThere): Held => (isThere ? "paste" : [])));
  }
}

/** A letter with Control, or Command. */
function isShortcut({ type, key, code, ctrlKey, metaKey, altKey }: KeyStroke, letter: string): boolean {
  if (type !== "keydown" || altKey || !(ctrlKey || metaKey)) return false;
  // in other scripts it is the key where that letter stands
  return key.toLowerCase() === letter || (key > "\u024f" && code === `Key${letter.toUpperCase()}`);
}
