import type { Store } from "../store/store.ts";

/** Longer than everything its holder does under it: a request to the provider, and writing what it answered. */
const LEASE_MS = 60_000;

export interface HeldLease {
  readonly connectionId: string;
  readonly fence: number;
  /** The version of the secret whose refresh token somebody sent without storing the answer. */
  readonly unfinished: number | null;
}

/**
 * Who may use a connection's refresh token: one holder, in the database, until it lets go or its time is over. Each holder
 * has a higher fence, and nothing is stored with a lower one.
 */
export class RefreshLease {
  readonly #store: Store;
  readonly #holder: string;
  readonly #now: () => number;

  constructor(store: Store, holder: string, now: () => number = Date.now) {
    this.#store = store;
    this.#holder = holder;
    this.#now = now;
  }

  /** Undefined while somebody else has it. One statement: nobody comes between. */
  async take(connectionId: string): Promise<HeldLease | undefined> {
    const mine = { holder: this.#holder, expires_ms: this.#now() + LEASE_MS };
    const row = await this.#store
      .insertInto("connection_lease")
      .values({ connection_id: connectionId, fence: 1, attempt_version: null, ...mine })
      .onConflict((conflict) =>
        conflict
          .column("connection_id")
          .doUpdateSet((eb) => ({ ...mine, fence: eb("connection_lease.fence", "+", 1) }))
          .where("connection_lease.expires_ms", "<=", this.#now()),
      )
      .returning(["fence", "attempt_version"])
      .executeTakeFirst();
    return row && { connectionId, fence: row.fence, unfinished: row.attempt_version };
  }

  /** Writes down that a refresh token is about to be sent. False when the lease is not ours any more. */
  async begin({ connectionId, fence }: HeldLease, version: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#store
      .updateTable("connection_lease")
      .set({ attempt_version: version })
      .where("connection_id", "=", connectionId)
      .where("fence", "=", fence)
      .where("expires_ms", ">", this.#now() + LEASE_MS / 2)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }

  /** In the transaction that stores the answer, or where it is certain that nothing was sent. False as for `begin`. */
  async finish(trx: Store, { connectionId, fence }: HeldLease): Promise<boolean> {
    const { numUpdatedRows } = await trx
      .updateTable("connection_lease")
      .set({ attempt_version: null })
      .where("connection_id", "=", connectionId)
      .where("fence", "=", fence)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }

  async release({ connectionId, fence }: HeldLease): Promise<void> {
    await this.#store
      .updateTable("connection_lease")
      .set({ expires_ms: 0 })
      .where("connection_id", "=", connectionId)
      .where("fence", "=", fence)
      .execute();
  }
}
