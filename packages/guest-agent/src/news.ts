/** Those who wait for something new that is said here. */
export class News {
  readonly #waiting = new Set<() => void>();

  /** There is something new. */
  tell(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Settles with the next news, after `waitMs`, or with the signal, whichever is first. */
  next(waitMs: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      this.#waiting.delete(done);
      resolve();
    };
    const timer = setTimeout(done, waitMs);
    signal.addEventListener("abort", done, { once: true });
    this.#waiting.add(done);
    if (signal.aborted) done();
    return promise;
  }
}
