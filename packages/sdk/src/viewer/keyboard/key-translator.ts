import { keysymOf } from "../../screen/keysyms.ts";
import { functionKeysym, KEYPAD_KEYS, LOCAL_KEYS, NAMED_KEYS, NEVER_RELEASED } from "./key-table.ts";

/** What of a KeyboardEvent is looked at. */
export type KeyStroke = Pick<
  KeyboardEvent,
  | "type"
  | "key"
  | "code"
  | "keyCode"
  | "location"
  | "isComposing"
  | "ctrlKey"
  | "altKey"
  | "shiftKey"
  | "metaKey"
  | "timeStamp"
>;

/** A key of the VM that goes down or up. */
export interface KeyAction {
  readonly keysym: number;
  /** The physical key, where there is one. */
  readonly code: string | null;
  readonly isDown: boolean;
}

export type Platform = "mac" | "windows" | "other";

/** Windows says AltGr as a Control that nobody pressed, and then Alt, within this. */
const ALTGR_MS = 50;
/** What an input method keeps for itself, or has not finished (UI Events, 5.3: keyCode 229). */
const IN_COMPOSITION = 229;
const RIGHT = 2;
const KEYPAD = 3;
const CONTROL = [0xffe3, 0xffe4] as const;

/** Modifiers as events tell them, and the keys by which they are held. */
const MODIFIERS = [
  { flag: "shiftKey", codes: ["ShiftLeft", "ShiftRight"] },
  { flag: "ctrlKey", codes: ["ControlLeft", "ControlRight"] },
  { flag: "altKey", codes: ["AltLeft", "AltRight"] },
  { flag: "metaKey", codes: ["MetaLeft", "MetaRight"] },
] as const;

/**
 * The reader's keys as keys of the VM. What a key means is what the reader's own layout says (`key`), sent as an X11 keysym:
 * so every layout, level and AltGr is right, whatever layout the VM has. Dead keys and input methods are left to the
 * reader's system; what they make of them comes as text. Pure: told of events, it answers what to send.
 */
export class KeyTranslator {
  readonly #platform: Platform;
  /** Keys that are down in the VM, by physical key. */
  readonly #held = new Map<string, number>();
  /** A Control on Windows that may be the beginning of AltGr. */
  #unsure: KeyStroke | null = null;
  #due: KeyAction[] = [];

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** Whether something waits for the next key; `settle` it soon. */
  get isUnsure(): boolean {
    return this.#unsure !== null;
  }

  /** Undefined: the event is the reader's system's, which must get it. */
  take(stroke: KeyStroke): KeyAction[] | undefined {
    return stroke.type === "keyup" ? this.#up(stroke) : this.#down(stroke);
  }

  /** What is to be sent besides, with an event that is the reader's system's. */
  takeDue(): KeyAction[] {
    return this.#due.splice(0);
  }

  /** No Alt came: it was a Control. */
  settle(): KeyAction[] {
    const stroke = this.#unsure;
    this.#unsure = null;
    return stroke ? this.#press(stroke, CONTROL[0]) : [];
  }

  /** Lets go of everything that is held: the reader has turned elsewhere, and key-ups are heard there. */
  release(): KeyAction[] {
    this.#unsure = null;
    const ups = [...this.#held].map(([code, keysym]) => ({ keysym, code, isDown: false }));
    this.#held.clear();
    return ups;
  }

  /** Types a text: what an input method or a dead key made, or what is to be typed without a keyboard. */
  type(text: string): KeyAction[] {
    return [...text.normalize("NFC").replaceAll(/\r\n?/g, "\n")].flatMap((character) =>
      tap(keysymOf(character), null),
    );
  }

  #down(stroke: KeyStroke): KeyAction[] | undefined {
    if (this.#isAltGr(stroke)) {
      this.#unsure = null;
      return [];
    }
    // a Control that waits, and modifiers whose key-up went elsewhere
    const before = [...this.settle(), ...this.#forgotten(stroke)];
    if (isComposed(stroke)) return this.#leave(before);
    if (this.#maybeAltGr(stroke)) return before;
    const keysym = this.#keysym(stroke);
    if (keysym === undefined) return before;
    const isShort =
      NEVER_RELEASED.has(stroke.key) || (this.#platform === "mac" && stroke.metaKey && !isMeta(stroke));
    return [...before, ...(isShort ? tap(keysym, stroke.code) : this.#press(stroke, keysym))];
  }

  #isAltGr({ key, code, timeStamp }: KeyStroke): boolean {
    const wasControl = this.#unsure !== null && timeStamp - this.#unsure.timeStamp < ALTGR_MS;
    return key === "AltGraph" || (code === "AltRight" && wasControl);
  }

  #maybeAltGr(stroke: KeyStroke): boolean {
    const isMaybe =
      this.#platform === "windows" && stroke.code === "ControlLeft" && !this.#held.has(stroke.code);
    if (isMaybe) this.#unsure = stroke;
    return isMaybe;
  }

  #up(stroke: KeyStroke): KeyAction[] | undefined {
    const before = this.settle();
    const keysym = this.#held.get(stroke.code);
    if (keysym === undefined) return this.#leave(before);
    this.#held.delete(stroke.code);
    return [...before, { keysym, code: stroke.code, isDown: false }];
  }

  #leave(before: KeyAction[]): undefined {
    this.#due.push(...before);
  }

  /** A key that repeats, or is pressed twice, stays what it was when it went down. */
  #press({ code }: KeyStroke, keysym: number): KeyAction[] {
    const first = this.#held.get(code) ?? keysym;
    // a key without a place cannot be let go later
    if (code === "") return tap(keysym, null);
    this.#held.set(code, first);
    return [{ keysym: first, code, isDown: true }];
  }

  #forgotten(stroke: KeyStroke): KeyAction[] {
    const stale = MODIFIERS.flatMap(({ flag, codes }) =>
      stroke[flag] ? [] : codes.filter((code) => code !== stroke.code && this.#held.has(code)),
    );
    return stale.map((code) => {
      const keysym = this.#held.get(code) ?? 0;
      this.#held.delete(code);
      return { keysym, code, isDown: false };
    });
  }

  #keysym(stroke: KeyStroke): number | undefined {
    const { key, location } = stroke;
    if (LOCAL_KEYS.has(key)) return undefined;
    if (this.#platform === "mac") {
      // Command is what Control is on Linux, where the VM's browser runs; Option chooses characters.
      if (key === "Meta") return CONTROL[location === RIGHT ? 1 : 0];
      if (key === "Alt") return undefined;
    }
    const keypad = location === KEYPAD ? KEYPAD_KEYS[key] : undefined;
    const named = keypad ?? NAMED_KEYS[key] ?? functionKeysym(key);
    if (named !== undefined) return typeof named === "number" ? named : named[location === RIGHT ? 1 : 0];
    return [...key].length === 1 ? keysymOf(shortcutLetter(stroke) ?? key) : undefined;
  }
}

const isComposed = ({ isComposing, keyCode, key }: KeyStroke): boolean =>
  isComposing || keyCode === IN_COMPOSITION || key === "Process" || key === "Dead";

const isMeta = ({ code }: KeyStroke): boolean => code === "MetaLeft" || code === "MetaRight";

/** With Control, a key of another script is the letter that stands there on a US keyboard: Ctrl+С (Cyrillic) copies. */
function shortcutLetter({ key, code, ctrlKey, metaKey, altKey }: KeyStroke): string | undefined {
  const isShortcut = (ctrlKey || metaKey) && !(ctrlKey && altKey);
  if (!isShortcut || (key.codePointAt(0) ?? 0) < 0x250) return undefined;
  return /^(?:Key|Digit)([A-Z0-9])$/.exec(code)?.[1]?.toLowerCase();
}

const tap = (keysym: number, code: string | null): KeyAction[] => [
  { keysym, code, isDown: true },
  { keysym, code, isDown: false },
];
