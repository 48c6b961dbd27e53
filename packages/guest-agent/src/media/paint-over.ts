/** How long a screen must stand still. */
const STILL_US = 300_000;
/** Changes that took less than the budget of this long were encoded well enough. */
const CHEAP_MS = 100;

/**
 * When to encode a still picture once more: what was squeezed into the bitrate while it moved becomes sharp. A blinking
 * caret is no reason to.
 */
export class PaintOver {
  #lastUs = 0;
  #bytes = 0;
  #isWanted = false;

  /** A picture was sent because the screen had changed. */
  changed(nowUs: number, bytes: number, kbps: number): void {
    if (nowUs - this.#lastUs > STILL_US) this.#bytes = 0;
    this.#lastUs = nowUs;
    this.#bytes += bytes;
    this.#isWanted = this.#bytes * 8 > kbps * CHEAP_MS;
  }

  done(): void {
    this.#isWanted = false;
    this.#bytes = 0;
  }

  isDue(nowUs: number): boolean {
    return this.#isWanted && nowUs - this.#lastUs >= STILL_US;
  }

  /** Until it is due; undefined when it never will be. */
  waitMs(nowUs: number): number | undefined {
    return this.#isWanted ? Math.max(1, Math.ceil((this.#lastUs + STILL_US - nowUs) / 1000)) : undefined;
  }
}
