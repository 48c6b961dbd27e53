import { setTimeout as sleep } from "node:timers/promises";
import { BrowserVmError, type EgressProxy } from "@browservm/contract";
import type { Logger } from "pino";
import type { CheckedProxy } from "./check-proxy.ts";
import type { ProxiedGuest } from "./forwarder.ts";
import { asDown, asUp, type ProxyState, proxyKeyOf } from "./proxy-states.ts";

/** Where a proxy comes out is asked so often while it is well: somebody else's server answers that. */
const THOROUGH_MS = 600_000;
/** Whoever rings again and again is heard so often. */
const REST_MS = 1000;

export interface ProxyWatchOptions {
  readonly everyMs: number;
  /** Whatever a proxy does, a look at it takes no longer. */
  readonly lookMs: number;
  readonly guests: () => readonly ProxiedGuest[];
  /** Rejects with what is wrong. */
  readonly look: (proxy: EgressProxy, how: Look) => Promise<CheckedProxy>;
  readonly stateOf: (guest: ProxiedGuest) => ProxyState;
  readonly tell: (guest: ProxiedGuest, state: ProxyState) => void;
  /** Each time that all are looked at. */
  readonly tidy: (guests: readonly ProxiedGuest[]) => void;
  readonly log: Pick<Logger, "error">;
}

export interface Look {
  /** Where it comes out is asked, too. */
  readonly isThorough: boolean;
  readonly signal: AbortSignal;
}

/** One proxy that is looked at, or that rests from it. */
interface Turn {
  isLooking: boolean;
  /** Somebody wants it looked at again. */
  isRung: boolean;
  looked: PromiseWithResolvers<void>;
}

/**
 * Looks at the proxies of sessions again and again, and at once at one that somebody rings for. Each has a turn of its
 * own: one that says nothing keeps nobody waiting who has another.
 */
export class ProxyWatch implements AsyncDisposable {
  readonly #options: ProxyWatchOptions;
  readonly #closed = new AbortController();
  readonly #turns = new Map<string, Turn>();
  readonly #running = new Set<Promise<void>>();
  #clock: NodeJS.Timeout | undefined;

  constructor(options: ProxyWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#clock = setInterval(() => this.#attempt(() => this.#ringAll()), this.#options.everyMs);
  }

  /** Something about this proxy has changed, or failed: look now. */
  ring(proxy: EgressProxy): void {
    const turn = this.#turns.get(proxyKeyOf(proxy));
    if (turn) turn.isRung = true;
    else this.#begin(proxy);
  }

  /**
   * Settles when the look at it that is under way is over, or the next one, for which this rings; and at an end of the
   * watch. What was seen, if anything, is told before.
   */
  nextLook(proxy: EgressProxy): Promise<void> {
    const turn = this.#turns.get(proxyKeyOf(proxy)) ?? this.#begin(proxy);
    if (!turn.isLooking) turn.isRung = true;
    return turn.looked.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#clock);
    this.#closed.abort();
    await Promise.all(this.#running);
  }

  #begin(proxy: EgressProxy): Turn {
    const turn: Turn = { isLooking: false, isRung: true, looked: Promise.withResolvers() };
    this.#turns.set(proxyKeyOf(proxy), turn);
    const running = this.#run(proxy, turn).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return turn;
  }

  async #run(proxy: EgressProxy, turn: Turn): Promise<void> {
    const { signal } = this.#closed;
    while (turn.isRung && !signal.aborted) {
      turn.isRung = false;
      turn.isLooking = true;
      await this.#look(proxy).catch((error: unknown) => this.#note(error));
      turn.isLooking = false;
      turn.looked.resolve();
      turn.looked = Promise.withResolvers();
      // An end is no reason to reject.
      await sleep(REST_MS, undefined, { signal }).catch(() => {});
    }
    this.#turns.delete(proxyKeyOf(proxy));
    turn.looked.resolve();
  }

  #ringAll(): void {
    const { guests, tidy } = this.#options;
    const all = guests();
    for (const [first] of Map.groupBy(all, ({ policy: { proxy } }) => proxyKeyOf(proxy)).values())
      if (first) this.ring(first.policy.proxy);
    tidy(all);
  }

  /** Guests with the same proxy are told what one look said. A guest that has others looked at for it would be a nuisance. */
  async #look(proxy: EgressProxy): Promise<void> {
    const { stateOf, tell } = this.#options;
    const before = this.#having(proxy);
    if (before.length === 0) return;
    const isThorough = before.some((guest) => isDue(stateOf(guest)));
    const seen = await this.#see(proxy, isThorough);
    if (this.#closed.signal.aborted) return;
    // What was well is well still; of where it comes out a short look says nothing.
    if (seen.status === "up" && !isThorough) return;
    // One that has another proxy meanwhile, or none, learns nothing by this.
    for (const guest of this.#having(proxy)) this.#attempt(() => tell(guest, seen));
  }

  async #see(proxy: EgressProxy, isThorough: boolean): Promise<ProxyState> {
    const { look, lookMs } = this.#options;
    const began = performance.now();
    const deadline = { ms: lookMs, outer: this.#closed.signal };
    return inTime(deadline, (signal) => look(proxy, { isThorough, signal })).then(
      (checked) => asUp(checked, performance.now() - began),
      (error: unknown) => asDown(error, performance.now() - began),
    );
  }

  #having(proxy: EgressProxy): readonly ProxiedGuest[] {
    const key = proxyKeyOf(proxy);
    return this.#options.guests().filter(({ policy }) => proxyKeyOf(policy.proxy) === key);
  }

  /** What fails once, or for one guest, is done again or for the next one all the same. */
  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#note(error);
    }
  }

  #note(error: unknown): void {
    this.#options.log.error({ err: error }, "a look at proxies went wrong");
  }
}

/** Also when `work` does not heed its signal. PROXY_UNREACHABLE. */
async function inTime<T>(
  { ms, outer }: { readonly ms: number; readonly outer: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const giveUp = () => {
    reject(new BrowserVmError("PROXY_UNREACHABLE", `no look at it was over within ${ms} ms`));
    over.abort();
  };
  const timer = setTimeout(giveUp, ms);
  outer.addEventListener("abort", giveUp, { once: true });
  try {
    return await Promise.race([late, work(over.signal)]);
  } finally {
    clearTimeout(timer);
    outer.removeEventListener("abort", giveUp);
  }
}

const isDue = ({ status, checkedAt }: ProxyState): boolean =>
  status !== "up" || checkedAt === null || Date.now() - Date.parse(checkedAt) > THOROUGH_MS;
