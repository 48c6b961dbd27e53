import type { ProxyCredentials, ProxyCredentialsId } from "@browservm/contract";

/** Those that nobody uses are forgotten after so long; they may have been told before they are needed. */
const UNUSED_MS = 600_000;

interface Known {
  readonly credentials: ProxyCredentials;
  usedAt: number;
}

/** Names and passwords of proxies. In memory only: a hostd that comes back is told them again. */
export class KnownCredentials {
  readonly #known = new Map<ProxyCredentialsId, Known>();
  readonly #waiting = new Set<{ readonly id: ProxyCredentialsId; readonly resolve: () => void }>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  put(id: ProxyCredentialsId, credentials: ProxyCredentials): void {
    this.#known.set(id, { credentials, usedAt: this.#now() });
    for (const waiter of this.#waiting) if (waiter.id === id) waiter.resolve();
  }

  /** Settles when these are known, at last after so long. */
  async untilTold(id: ProxyCredentialsId, withinMs: number): Promise<void> {
    if (this.#known.has(id)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { id, resolve };
    this.#waiting.add(waiter);
    const timer = setTimeout(resolve, withinMs);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(waiter);
  }

  get(id: ProxyCredentialsId): ProxyCredentials | undefined {
    const known = this.#known.get(id);
    if (known) known.usedAt = this.#now();
    return known?.credentials;
  }

  /** Forgets what no policy names and nobody asked for in a while. */
  forgetBut(used: ReadonlySet<string>): void {
    const before = this.#now() - UNUSED_MS;
    for (const [id, { usedAt }] of this.#known) if (!used.has(id) && usedAt < before) this.#known.delete(id);
  }
}
