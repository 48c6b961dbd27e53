/**
 * Counts the time in which at least one answer of the VMM or the guest was waited for. What is left of a start is
 * hostd's own: that is what can be made faster here.
 */
export class WaitClock {
  readonly #now: () => number;
  #open = 0;
  #since = 0;
  #waitedMs = 0;

  /** `now`: milliseconds of a steady clock; tests bring their own. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The same promise; until it settles, time counts as waited. */
  async during<T>(answer: Promise<T>): Promise<T> {
    if (this.#open++ === 0) this.#since = this.#now();
    try {
      return await answer;
    } finally {
      if (--this.#open === 0) this.#waitedMs += this.#now() - this.#since;
    }
  }

  get waitedMs(): number {
    return this.#waitedMs + (this.#open > 0 ? this.#now() - this.#since : 0);
  }
}
