interface Entry {
  readonly at: number;
  readonly value: number;
}

/** Values of the last seconds. */
export class SlidingWindow {
  readonly #spanMs: number;
  readonly #entries: Entry[] = [];

  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  add(at: number, value: number): void {
    this.#entries.push({ at, value });
    this.#forget(at);
  }

  clear(): void {
    this.#entries.length = 0;
  }

  /** The sum for each second. */
  perSecond(now: number): number {
    this.#forget(now);
    const sum = this.#entries.reduce((total, { value }) => total + value, 0);
    return (sum * 1000) / this.#spanMs;
  }

  /** The values below which half, and 95 of a hundred, are; null when there are none. */
  percentiles(now: number): { p50: number; p95: number } | null {
    this.#forget(now);
    const sorted = this.#entries.map(({ value }) => value).sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    const [p50, p95] = [at(0.5), at(0.95)];
    return p50 === undefined || p95 === undefined ? null : { p50, p95 };
  }

  #forget(now: number): void {
    const kept = this.#entries.findIndex(({ at }) => at > now - this.#spanMs);
    this.#entries.splice(0, kept < 0 ? this.#entries.length : kept);
  }
}
