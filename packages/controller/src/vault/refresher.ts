import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { BrowserVmError } from "@browservm/contract";
import type { Logger } from "pino";
import type { Asker } from "../audit/audit-log.ts";
import type { Store } from "../store/store.ts";
import type { ConnectionTable } from "../store/tables.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { isFresh } from "./connection-secret.ts";
import { needsUser } from "./connection-store.ts";
import { type OpenConnection, openConnection } from "./open-connection.ts";
import type { Provider, RefreshAnswer } from "./provider.ts";
import { type HeldLease, RefreshLease } from "./refresh-lease.ts";
import { RefreshRecorder } from "./refresh-recorder.ts";
import type { SecretWriter } from "./secret-writer.ts";
import type { Vault } from "./vault.ts";

export interface RefresherDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly writer: SecretWriter;
  readonly provider: Provider;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export interface RefreshWish {
  readonly by: Asker;
  /** Refreshes although what is there is fresh, or was refused before: somebody wants to know. */
  readonly isForced?: boolean;
}

/** Longer than a lease lasts whose holder died, in milliseconds; who waits for another's refresh gives up then. */
const WAIT_MS = 75_000;
const LOOK_MS = 50;
/** The request to the provider, discovery included. Half the lease is for writing the answer. In milliseconds. */
const PROVIDER_MS = 25_000;

/** Gets fresh tokens: one at a time for a connection, over all controllers on this database. */
export class Refresher implements AsyncDisposable {
  readonly #deps: RefresherDeps;
  readonly #lease: RefreshLease;
  readonly #recorder: RefreshRecorder;
  readonly #underWay = new Map<string, Promise<OpenConnection<"oauth">>>();
  readonly #closed = new AbortController();

  constructor(deps: RefresherDeps) {
    this.#deps = deps;
    this.#lease = new RefreshLease(deps.store, randomUUID());
    this.#recorder = new RefreshRecorder({ ...deps, lease: this.#lease });
  }

  /** The connection with a token that is fresh. CONNECTION_NEEDS_USER, CONNECTION_UNSUITABLE, PROVIDER_DOWN. */
  async fresh(id: string, wish: RefreshWish): Promise<OpenConnection<"oauth">> {
    const found = await this.#open(id);
    if (!wish.isForced && isFresh(found.secret, Date.now())) return found;
    return this.#joined(id, { ...wish, ...(wish.isForced ? { unlessNewerThan: found.row.version } : {}) });
  }

  /** What was sent is waited for: a refresh token is used up by then, and only the answer has the next one. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await Promise.allSettled(this.#underWay.values());
  }

  /** Everybody in this process who asks meanwhile gets the same answer. */
  #joined(id: string, wish: OwnedWish): Promise<OpenConnection<"oauth">> {
    const running = this.#underWay.get(id);
    if (running) return running;
    const run = this.#inTurn(id, wish).finally(() => this.#underWay.delete(id));
    this.#underWay.set(id, run);
    return run;
  }

  async #inTurn(id: string, wish: OwnedWish): Promise<OpenConnection<"oauth">> {
    const deadline = performance.now() + WAIT_MS;
    while (performance.now() < deadline && !this.#closed.signal.aborted) {
      const lease = await this.#lease.take(id);
      if (lease) return await this.#owned(lease, wish);
      await sleep(LOOK_MS * (1 + Math.random()));
      const seen = await this.#open(id);
      if (isEnough(seen, wish)) return seen;
    }
    throw new BrowserVmError("DEADLINE_EXCEEDED", "another refresh of this connection does not end");
  }

  async #owned(lease: HeldLease, wish: OwnedWish): Promise<OpenConnection<"oauth">> {
    try {
      return await this.#asOwner(lease, wish);
    } finally {
      await this.#lease
        .release(lease)
        .catch((error: unknown) => this.#deps.log.warn({ err: error }, "a refresh lease runs out by itself"));
    }
  }

  async #asOwner(lease: HeldLease, wish: OwnedWish): Promise<OpenConnection<"oauth">> {
    const found = await this.#open(lease.connectionId);
    if (isEnough(found, wish)) return found;
    if (needsUser(found.row) && !wish.isForced) throw needsUserError(found.row);
    const started = performance.now();
    const answer = await this.#ask(lease, found);
    this.#deps.metrics.refreshed(answer.is, performance.now() - started);
    return this.#recorder.record({ lease, found, answer, by: wish.by });
  }

  async #ask(lease: HeldLease, { row, secret }: OpenConnection<"oauth">): Promise<RefreshAnswer> {
    const send = await this.#deps.provider.prepare(secret, AbortSignal.timeout(PROVIDER_MS));
    if (typeof send !== "function") return send;
    if (this.#closed.signal.aborted) throw new BrowserVmError("CANCELLED", "the controller ends");
    if (!(await this.#lease.begin(lease, row.version)))
      throw new BrowserVmError("DEADLINE_EXCEEDED", "the refresh lease ran out before anything was sent");
    return send();
  }

  #open(id: string): Promise<OpenConnection<"oauth">> {
    return openConnection(this.#deps, id, "oauth");
  }
}

interface OwnedWish extends RefreshWish {
  /** A forced refresh is done when somebody has stored a newer version than this. */
  readonly unlessNewerThan?: number;
}

function isEnough({ row, secret }: OpenConnection<"oauth">, { unlessNewerThan }: OwnedWish): boolean {
  return (unlessNewerThan === undefined || row.version > unlessNewerThan) && isFresh(secret, Date.now());
}

/** For who asks for a token of a connection that waits for a person. */
export function needsUserError({ id, health, health_reason }: ConnectionTable): BrowserVmError {
  const words = `connection ${id} is ${health}${health_reason ? `: ${health_reason}` : ""}`;
  return new BrowserVmError("CONNECTION_NEEDS_USER", words, { health, reason: health_reason });
}
