import type { Principal } from "./principal.ts";

/** The longest that a timer of Node can wait, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

interface Held {
  readonly principal: Principal;
  readonly end: () => void;
}

/** Long connections and the credentials that opened them: they end with these, not at the next request. */
export class LiveCredentials {
  readonly #isStillGood: (principal: Principal) => Promise<boolean>;
  readonly #held = new Set<Held>();

  constructor(isStillGood: (principal: Principal) => Promise<boolean>) {
    this.#isStillGood = isStillGood;
  }

  /** Calls `end` when the credentials expire or are found to be no good, unless it was disposed before. */
  hold(principal: Principal, end: () => void): Disposable {
    const held = { principal, end };
    this.#held.add(held);
    const timer = expiryTimer(principal, end);
    return {
      [Symbol.dispose]: () => {
        clearTimeout(timer);
        this.#held.delete(held);
      },
    };
  }

  /** Something was revoked: ends what may be there no longer. Answers whose it was. */
  async recheck(): Promise<ReadonlySet<string>> {
    const ended = new Set<string>();
    const known = new Map<Principal, boolean>();
    for (const { principal, end } of [...this.#held]) {
      const isGood = known.get(principal) ?? (await this.#isStillGood(principal));
      known.set(principal, isGood);
      if (isGood) continue;
      ended.add(principal.scope);
      end();
    }
    return ended;
  }
}

function expiryTimer({ expiresAt }: Principal, end: () => void): NodeJS.Timeout | undefined {
  if (expiresAt === null) return undefined;
  const leftMs = Date.parse(expiresAt) - Date.now();
  return leftMs > MAX_TIMER_MS ? undefined : setTimeout(end, Math.max(leftMs, 0)).unref();
}
