/** From this part of an interval on, what is drawn is read at once. */
const EARLY_PART = 0.5;

/**
 * When a screen that moves is read: once in an interval, and right after something was drawn where that is in its second
 * half. A clock of its own would read most pictures just before the next one is drawn.
 */
export class ReadPace {
  /** What was drawn is read now at the latest; with that the next interval begins, so the rate holds. */
  #nextUs = 0;
  #drawnUs = Number.NEGATIVE_INFINITY;
  #hasAsked = false;

  drawn(nowUs: number): void {
    this.#drawnUs = nowUs;
  }

  /** How long to wait before it is looked at again; 0: read it now. */
  waitUs(nowUs: number, intervalUs: number): number {
    const opensUs = this.#nextUs - EARLY_PART * intervalUs;
    if (nowUs >= this.#nextUs || (nowUs >= opensUs && this.#drawnUs >= opensUs)) return 0;
    return nowUs < opensUs ? opensUs - nowUs : this.#nextUs - nowUs;
  }

  /** Whether the server is to be asked to tell of what is drawn next: once, for it told of what was drawn before. */
  asks(nowUs: number, intervalUs: number): boolean {
    const isDue = !this.#hasAsked && nowUs >= this.#nextUs - EARLY_PART * intervalUs;
    this.#hasAsked ||= isDue;
    return isDue;
  }

  read(nowUs: number, intervalUs: number): void {
    this.#hasAsked = false;
    // From the last moment that was due, so that a timer that is late by a millisecond does not lower the rate.
    this.#nextUs = (nowUs - this.#nextUs < intervalUs ? this.#nextUs : nowUs) + intervalUs;
  }
}
