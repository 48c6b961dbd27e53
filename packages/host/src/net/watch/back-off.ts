/** A repair that does not last this long did not hold. */
const HOLDS_AFTER_MS = 10_000;
/** So many repairs in a row that do not hold are a fight, which we leave. */
const STRIKES = 3;
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 300_000;

/** `give-up`: the first time that we wait instead of repairing; `wait`: we are waiting. */
export type Decision = "repair" | "give-up" | "wait";

interface Entry {
  readonly strikes: number;
  readonly repairedAt: number;
  /** 0: not waiting. */
  readonly waitUntil: number;
}

/**
 * Whether to repair a fault again. One that comes back again and again is somebody's doing: after three repairs that
 * did not hold we wait 2 s, then 4 s, … up to 5 min between attempts, until one holds.
 */
export class BackOff {
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;

  /** `now` in milliseconds; tests bring their own. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Told of every fault that is seen; answers what to do about it. */
  seen(fault: string): Decision {
    const now = this.#now();
    const entry = this.#entries.get(fault);
    if (!entry) return "repair";
    if (now < entry.waitUntil) return "wait";
    const since = Math.max(entry.repairedAt, entry.waitUntil);
    if (now - since >= HOLDS_AFTER_MS) {
      this.#entries.delete(fault);
      return "repair";
    }
    // The wait is over: one attempt, which counts like the others.
    if (entry.waitUntil > 0) {
      this.#entries.set(fault, { ...entry, repairedAt: now, waitUntil: 0 });
      return "repair";
    }
    const strikes = entry.strikes + 1;
    const waitUntil = strikes < STRIKES ? 0 : now + waitFor(strikes);
    this.#entries.set(fault, { ...entry, strikes, waitUntil });
    return waitUntil === 0 ? "repair" : "give-up";
  }

  /** Told of every repair, whether or not it worked. */
  repaired(fault: string): void {
    this.#forgetOld();
    const strikes = this.#entries.get(fault)?.strikes ?? 0;
    this.#entries.set(fault, { strikes, repairedAt: this.#now(), waitUntil: 0 });
  }

  /** VMs come and go: what has held is as if it had never been. */
  #forgetOld(): void {
    const old = this.#now() - HOLDS_AFTER_MS;
    for (const [fault, { repairedAt, waitUntil }] of this.#entries)
      if (Math.max(repairedAt, waitUntil) <= old) this.#entries.delete(fault);
  }

  /** Somebody asked for the repair: what was before does not count. */
  forget(fault: string): void {
    this.#entries.delete(fault);
  }
}

const waitFor = (strikes: number): number =>
  Math.min(FIRST_WAIT_MS * 2 ** (strikes - STRIKES), LONGEST_WAIT_MS);
