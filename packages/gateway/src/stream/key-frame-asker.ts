/** Between two key frames at least, in milliseconds: each costs as much as many pictures. */
const MIN_MS = 300;

/** Asks for key frames: at once, but never twice within 300 ms, however many viewers want one. */
export class KeyFrameAsker implements Disposable {
  readonly #ask: () => void;
  #askedAt = Number.NEGATIVE_INFINITY;
  #due: NodeJS.Timeout | undefined;

  constructor(ask: () => void) {
    this.#ask = ask;
  }

  request(): void {
    if (this.#due) return;
    const waitMs = this.#askedAt + MIN_MS - performance.now();
    if (waitMs <= 0) this.#now();
    else this.#due = setTimeout(() => this.#now(), waitMs);
  }

  /** One is here: who asked has it. */
  arrived(): void {
    clearTimeout(this.#due);
    this.#due = undefined;
  }

  [Symbol.dispose](): void {
    this.arrived();
  }

  #now(): void {
    this.#due = undefined;
    this.#askedAt = performance.now();
    this.#ask();
  }
}
