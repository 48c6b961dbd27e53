import { KEYS, keysymOf } from "@browservm/sdk/screen";

export const MODIFIERS = ["control", "alt"] as const;
export type Modifier = (typeof MODIFIERS)[number];
export type SoftKey = Exclude<keyof typeof KEYS, Modifier | "shift">;

/** Keys that are tapped on a screen: a modifier stays down until the next key, so that one finger is enough. */
export class SoftKeys {
  readonly #press: (keysym: number, isDown: boolean) => void;
  readonly #onChange: (held: ReadonlySet<Modifier>) => void;
  #held: ReadonlySet<Modifier> = new Set();

  constructor(
    press: (keysym: number, isDown: boolean) => void,
    onChange: (held: ReadonlySet<Modifier>) => void,
  ) {
    this.#press = press;
    this.#onChange = onChange;
  }

  toggle(modifier: Modifier): void {
    const isDown = !this.#held.has(modifier);
    this.#press(KEYS[modifier], isDown);
    const held = new Set(this.#held);
    if (isDown) held.add(modifier);
    else held.delete(modifier);
    this.#hold(held);
  }

  tap(key: SoftKey): void {
    this.#strike(KEYS[key]);
    this.release();
  }

  type(text: string): void {
    for (const character of text.replaceAll("\r\n", "\n")) this.#strike(keysymOf(character));
    if (text !== "") this.release();
  }

  /** Lets go what is held: nothing sticks when the keys are put away. */
  release(): void {
    if (this.#held.size === 0) return;
    for (const modifier of this.#held) this.#press(KEYS[modifier], false);
    this.#hold(new Set());
  }

  #strike(keysym: number): void {
    this.#press(keysym, true);
    this.#press(keysym, false);
  }

  #hold(held: ReadonlySet<Modifier>): void {
    this.#held = held;
    this.#onChange(held);
  }
}
