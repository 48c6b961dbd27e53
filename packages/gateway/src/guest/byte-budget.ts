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
    this.#fill(now);
    this.#left -= amount;
    return this.#left >= 0 ? 0 : Math.ceil((-this.#left / this.#spec.perSecond) * 1000);
  }

  /** Takes so much if it is there; answers whether it was. */
  tryTake(amount: number, now: number): boolean {
    this.#fill(now);
    if (this.#left < amount) return false;
    this.#left -= amount;
    return true;
  }

  #fill(now: number): void {
    const { burst, perSecond } = this.#spec;
    this.#left = Math.min(burst, this.#left + ((now - this.#at) / 1000) * perSecond);
    this.#at = now;
  }
}
