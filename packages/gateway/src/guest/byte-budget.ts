/** How much somebody may send: so much at once, and so much each second. */
export interface BudgetSpec {
  readonly burst: number;
  readonly perSecond: number;
}

/** A bucket that fills with time. Knows nothing of clocks: the caller says how late it is, in milliseconds. */
export class ByteBudget {
  readonly #spec: BudgetSpec;
  #left: number;
  #at: number;

  constructor(spec: BudgetSpec, now: number) {
    this.#spec = spec;
    this.#left = spec.burst;
    this.#at = now;
  }

  /** Takes so much, even if it is not there; answers how many milliseconds to wait before the next is taken. */
  take(amount: number, now: number): number {
    const { burst, perSecond } = this.#spec;
    this.#left = Math.min(burst, this.#left + ((now - this.#at) / 1000) * perSecond) - amount;
    this.#at = now;
    return this.#left >= 0 ? 0 : Math.ceil((-this.#left / perSecond) * 1000);
  }
}
