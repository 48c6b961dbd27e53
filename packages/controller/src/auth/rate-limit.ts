import { BrowserVmError } from "@browservm/contract";

export interface RateLimitOptions {
  /** How many at once. */
  readonly burst: number;
  /** After that, one each so many milliseconds. */
  readonly everyMs: number;
  readonly now?: () => number;
}

/** More callers than this are not remembered; the oldest is forgotten first. */
const MAX_CALLERS = 10_000;

/** Lets each caller through so many times, then slowly (a token bucket). */
export class RateLimit {
  readonly #options: RateLimitOptions;
  readonly #now: () => number;
  /** For each caller, when its bucket will be full again. */
  readonly #fullAt = new Map<string, number>();

  constructor(options: RateLimitOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** RATE_LIMITED, with `retryAfterSeconds`, when the caller has to wait. */
  take(caller: string): void {
    const { burst, everyMs } = this.#options;
    const now = this.#now();
    const fullAt = Math.max(this.#fullAt.get(caller) ?? now, now) + everyMs;
    const waitMs = fullAt - now - burst * everyMs;
    if (waitMs > 0) {
      const retryAfterSeconds = Math.ceil(waitMs / 1000);
      throw new BrowserVmError("RATE_LIMITED", `wait ${retryAfterSeconds} s before the next try`, {
        retryAfterSeconds,
      });
    }
    this.#fullAt.delete(caller);
    this.#fullAt.set(caller, fullAt);
    const [oldest] = this.#fullAt.keys();
    if (this.#fullAt.size > MAX_CALLERS && oldest !== undefined) this.#fullAt.delete(oldest);
  }
}
