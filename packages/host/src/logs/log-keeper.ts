import { cutLog, type LogBounds } from "./bounded-log.ts";

const SWEEP_MS = 1000;

/** Cuts logs that grow, once a second, so that the newest lines are kept while we live. */
export class LogKeeper implements Disposable {
  readonly #logs: readonly LogBounds[];
  readonly #timer: NodeJS.Timeout;
  #sweeping = false;

  constructor(logs: readonly LogBounds[]) {
    this.#logs = logs;
    this.#timer = setInterval(() => void this.#sweep(), SWEEP_MS);
    this.#timer.unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #sweep(): Promise<void> {
    if (this.#sweeping) return;
    this.#sweeping = true;
    // A log that is gone, or a full disk, is no reason to stop: the kernel's limit on the writer holds without us.
    await Promise.allSettled(this.#logs.map(cutLog));
    this.#sweeping = false;
  }
}
