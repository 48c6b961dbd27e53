/** A gate that is open or shut; whoever waits goes on when it opens, or fails when it breaks for good. */
export class Latch {
  #isOpen = false;
  #broken: Error | undefined;
  readonly #waiting = new Set<PromiseWithResolvers<void>>();

  open(): void {
    this.#isOpen = true;
    for (const { resolve } of this.#waiting) resolve();
    this.#waiting.clear();
  }

  shut(): void {
    this.#isOpen = false;
  }

  /** Nobody passes any more: all that wait, and will, fail with `error`. */
  break(error: Error): void {
    this.#broken ??= error;
    for (const { reject } of this.#waiting) reject(this.#broken);
    this.#waiting.clear();
  }

  /** Settles when the gate is open; fails with the signal's reason when that ends first. */
  async wait(signal: AbortSignal): Promise<void> {
    if (this.#broken) throw this.#broken;
    signal.throwIfAborted();
    if (this.#isOpen) return;
    const turn = Promise.withResolvers<void>();
    const onAbort = () => turn.reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#waiting.add(turn);
    try {
      await turn.promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#waiting.delete(turn);
    }
  }
}
