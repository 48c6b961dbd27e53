const WINDOW_MS = 500;
/** A stamp that is older than the newest by so much is of another clock. */
const ANOTHER_CLOCK_MS = 10_000;

/** How many kilobits per second passed in the last half second, by the clock of the stamps that it is given. */
export class RateWindow {
  #packets: { readonly atMs: number; readonly bytes: number }[] = [];
  #bytes = 0;
  #newestMs = Number.NEGATIVE_INFINITY;

  add(atMs: number, bytes: number): void {
    const lateMs = this.#newestMs - atMs;
    if (lateMs > ANOTHER_CLOCK_MS) this.#begin();
    else if (lateMs >= WINDOW_MS) return; // told of too late: it would never leave again
    this.#packets.push({ atMs, bytes });
    this.#bytes += bytes;
    this.#newestMs = Math.max(this.#newestMs, atMs);
    while (this.#packets[0] && this.#packets[0].atMs <= this.#newestMs - WINDOW_MS)
      this.#bytes -= this.#packets.shift()?.bytes ?? 0;
  }

  get kbps(): number {
    return (this.#bytes * 8) / WINDOW_MS;
  }

  #begin(): void {
    this.#packets = [];
    this.#bytes = 0;
    this.#newestMs = Number.NEGATIVE_INFINITY;
  }
}
