const WINDOW_MS = 120_000;
const MOST_EXITS = 5;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;

/** Decides when a service that ended is started again: later each time, and not at all in a crash loop. */
export class RestartPolicy {
  #exits: number[] = [];

  /** Milliseconds to wait, or undefined when it has ended too often within two minutes. */
  delayAfterExit(now: number): number | undefined {
    this.#exits = [...this.#exits.filter((at) => now - at < WINDOW_MS), now];
    if (this.#exits.length >= MOST_EXITS) return undefined;
    return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 3 ** (this.#exits.length - 1));
  }
}
