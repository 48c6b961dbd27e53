import type { Reason } from "@browservm/contract";

/** A pool whose VMs failed: none is asked for before `until` (ms since the epoch). */
export interface PoolFault {
  readonly until: number;
  readonly reason: Reason;
}

const BACKOFF_MS = 5000;
const MAX_BACKOFF_MS = 300_000;

/** How long each pool waits after its VMs failed: twice as long each time, until one succeeds. */
export class PoolFaults {
  readonly #faults = new Map<string, PoolFault & { readonly count: number }>();

  get all(): ReadonlyMap<string, PoolFault> {
    return this.#faults;
  }

  /** Answers how long to wait, in milliseconds; undefined when it waits already: many that fail together count once. */
  blame(pool: string, reason: Reason, now = Date.now()): number | undefined {
    const before = this.#faults.get(pool);
    if (before && before.until > now) return undefined;
    const count = (before?.count ?? 0) + 1;
    const waitMs = Math.min(BACKOFF_MS * 2 ** (count - 1), MAX_BACKOFF_MS);
    this.#faults.set(pool, { count, until: now + waitMs, reason });
    return waitMs;
  }

  /** Answers whether there was something to forgive. */
  forgive(pool: string): boolean {
    return this.#faults.delete(pool);
  }
}
