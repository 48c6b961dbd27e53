import { isBrowserVmError } from "@browservm/contract";
import { pause } from "@browservm/sdk";
import type { Logger } from "pino";
import { SYSTEM } from "../audit/audit-log.ts";
import type { Store } from "../store/store.ts";
import type { ConnectionTable } from "../store/tables.ts";
import { needsUser } from "./connection-store.ts";
import { judgeByTime, writeHealth } from "./health.ts";
import type { Refresher } from "./refresher.ts";
import type { SecretWriter } from "./secret-writer.ts";

export interface HealthDeps {
  readonly store: Store;
  readonly writer: SecretWriter;
  readonly refresher: Refresher;
  readonly log: Logger;
  readonly checkSeconds: number;
}

const SWEEP_MS = 2000;
const BATCH = 20;
/** A token that ends before the look after the next is renewed at this one. */
const LOOKS_AHEAD = 2;
const JITTER = 0.2;

/** Looks at every connection now and then, none at the same time as all others. */
export class HealthKeeper implements AsyncDisposable {
  readonly #deps: HealthDeps;
  readonly #closed = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: HealthDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#loop = this.#keep();
  }

  /** One round: everything whose time has come. */
  async sweep(): Promise<void> {
    const { store } = this.#deps;
    const due = await store
      .selectFrom("connection")
      .selectAll()
      .where("next_check_at", "<=", new Date().toISOString())
      .orderBy("next_check_at")
      .limit(BATCH)
      .execute();
    for (const row of due)
      if (!this.#closed.signal.aborted && (await this.#claim(row))) await this.#check(row);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#loop;
  }

  async #keep(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      await this.sweep().catch((error: unknown) =>
        this.#deps.log.error({ err: error }, "the health of connections could not be looked at"),
      );
      await pause(SWEEP_MS * (1 + JITTER * Math.random()), signal);
    }
  }

  /** Writes the next look down before this one: two controllers do not both do it, and one that dies does not for ever. */
  async #claim({ id, next_check_at }: ConnectionTable): Promise<boolean> {
    const { store, checkSeconds } = this.#deps;
    const { numUpdatedRows } = await store
      .updateTable("connection")
      .set({ next_check_at: nextCheck(checkSeconds, Date.now()) })
      .where("id", "=", id)
      .where("next_check_at", "=", next_check_at)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }

  async #check(row: ConnectionTable): Promise<void> {
    if (row.renewable === 0) return this.#byTime(row);
    if (needsUser(row) || !this.#isEnding(row)) return;
    try {
      await this.#deps.refresher.fresh(row.id, { by: SYSTEM, isForced: true });
    } catch (error) {
      // What the provider says is stored as health; a shut vault is told elsewhere.
      if (!isBrowserVmError(error)) throw error;
    }
  }

  #isEnding({ expires_at, health }: ConnectionTable): boolean {
    if (health === "provider_down") return true;
    const ahead = LOOKS_AHEAD * this.#deps.checkSeconds * 1000;
    return expires_at !== null && Date.parse(expires_at) - Date.now() < ahead;
  }

  async #byTime(row: ConnectionTable): Promise<void> {
    const found = judgeByTime(row.expires_at, Date.now());
    if (found.health === row.health) return;
    await this.#deps.writer.change((trx, append) => writeHealth(trx, append, { row, found, by: SYSTEM }));
  }
}

/** The time of the next look: not all at once, and not in step. */
export function nextCheck(seconds: number, now: number): string {
  const jitter = 1 + JITTER * (2 * Math.random() - 1);
  return new Date(now + seconds * 1000 * jitter).toISOString();
}
