import { setTimeout as sleep } from "node:timers/promises";
import type { EgressProxy } from "@browservm/contract";
import type { CheckedProxy } from "./check-proxy.ts";
import type { ProxiedGuest } from "./forwarder.ts";
import { asDown, asUp, type ProxyState } from "./proxy-states.ts";

/** Where a proxy comes out is asked so often while it is well: somebody else's server answers that. */
const THOROUGH_MS = 600_000;
/** Whoever rings again and again is heard so often. */
const REST_MS = 1000;

export interface ProxyWatchOptions {
  readonly everyMs: number;
  readonly guests: () => readonly ProxiedGuest[];
  /** Rejects with what is wrong. */
  readonly look: (proxy: EgressProxy, isThorough: boolean) => Promise<CheckedProxy>;
  readonly stateOf: (guest: ProxiedGuest) => ProxyState;
  readonly tell: (guest: ProxiedGuest, state: ProxyState) => void;
  /** After each round. */
  readonly tidy: (guests: readonly ProxiedGuest[]) => void;
}

/** Looks at the proxies of sessions again and again, and at once when somebody rings. */
export class ProxyWatch implements AsyncDisposable {
  readonly #options: ProxyWatchOptions;
  readonly #closed = new AbortController();
  #bell = Promise.withResolvers<void>();
  #looked = Promise.withResolvers<void>();
  #loop: Promise<void> = Promise.resolve();

  constructor(options: ProxyWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Something has changed, or failed: look now. */
  ring(): void {
    this.#bell.resolve();
  }

  /** Rings, and settles when a round is over: perhaps one that had begun before, and at an end of the watch. */
  nextRound(): Promise<void> {
    this.ring();
    return this.#looked.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    this.ring();
    await this.#loop;
    this.#looked.resolve();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      await this.#within(this.#options.everyMs);
      if (signal.aborted) return;
      this.#bell = Promise.withResolvers();
      await this.#round();
      this.#looked.resolve();
      this.#looked = Promise.withResolvers();
      // An end is no reason to reject.
      await sleep(REST_MS, undefined, { signal }).catch(() => {});
    }
  }

  async #within(ms: number): Promise<void> {
    const bell = this.#bell.promise;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([bell, promise]);
    clearTimeout(timer);
  }

  /** Guests with the same proxy are told what one look said. */
  async #round(): Promise<void> {
    const { guests, tidy } = this.#options;
    const all = guests();
    const groups = Map.groupBy(all, ({ policy: { proxy } }) => JSON.stringify(proxy));
    await Promise.all([...groups.values()].map((group) => this.#look(group)));
    tidy(all);
  }

  async #look(group: readonly ProxiedGuest[]): Promise<void> {
    const { guests, look, stateOf, tell } = this.#options;
    const [first] = group;
    if (!first) return;
    const isThorough = group.some((guest) => isDue(stateOf(guest)));
    const began = performance.now();
    const seen = await look(first.policy.proxy, isThorough).then(
      (checked) => asUp(checked, performance.now() - began),
      (error: unknown) => asDown(error, performance.now() - began),
    );
    // One that has another proxy meanwhile, or none, learns nothing by this.
    const still = new Set(guests().map(keyOf));
    for (const guest of group.filter((one) => still.has(keyOf(one)))) {
      const before = stateOf(guest);
      // A short look says that it is well still, and nothing of where it comes out.
      if (seen.status !== "up" || isThorough) tell(guest, seen);
      else tell(guest, { ...before, status: "up" });
    }
  }
}

const keyOf = ({ vmId, policy: { proxy } }: ProxiedGuest): string => JSON.stringify([vmId, proxy]);

const isDue = ({ status, checkedAt }: ProxyState): boolean =>
  status !== "up" || Date.now() - Date.parse(checkedAt ?? "") > THOROUGH_MS;
