/** What one kind of look has seen so far. */
export interface LedgerRow {
  readonly what: string;
  readonly tries: number;
  readonly lost: number;
  readonly medianMs: number;
  readonly longestMs: number;
}

export interface Loss {
  readonly at: string;
  readonly what: string;
  readonly why: string;
}

/** Every look of a soak: how often, how long, and what was lost. */
export class Ledger {
  readonly #times = new Map<string, number[]>();
  readonly #tries = new Map<string, number>();
  readonly losses: Loss[] = [];

  /** Runs a look and writes down how it ended; never throws. */
  async look(what: string, deed: () => Promise<unknown>): Promise<void> {
    this.#tries.set(what, (this.#tries.get(what) ?? 0) + 1);
    const started = performance.now();
    try {
      await deed();
      this.took(what, performance.now() - started);
    } catch (error) {
      this.lose(what, error instanceof Error ? error.message : String(error));
    }
  }

  took(what: string, ms: number): void {
    const times = this.#times.get(what) ?? [];
    times.push(ms);
    this.#times.set(what, times);
  }

  lose(what: string, why: string): void {
    this.losses.push({ at: new Date().toISOString(), what, why });
  }

  rows(): LedgerRow[] {
    const names = new Set([
      ...this.#tries.keys(),
      ...this.#times.keys(),
      ...this.losses.map(({ what }) => what),
    ]);
    return [...names].map((what) => {
      const times = (this.#times.get(what) ?? []).toSorted((a, b) => a - b);
      const lost = this.losses.filter((loss) => loss.what === what).length;
      return {
        what,
        tries: this.#tries.get(what) ?? times.length + lost,
        lost,
        medianMs: Math.round(times[Math.floor((times.length - 1) / 2)] ?? 0),
        longestMs: Math.round(times.at(-1) ?? 0),
      };
    });
  }
}
