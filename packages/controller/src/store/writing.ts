import type { Store } from "./store.ts";

/**
 * The first statement of a transaction that reads before it writes. Without it the lock for writing is asked for in the
 * middle, where SQLite refuses at once when another process has written meanwhile, however long it may wait.
 */
export async function lockForWriting(trx: Store): Promise<void> {
  await trx
    .updateTable("audit_head")
    .set((row) => ({ seq: row.ref("seq") }))
    .execute();
}

/** A transaction that has the lock for writing from its beginning. */
export function inWriting<T>(store: Store, work: (trx: Store) => Promise<T>): Promise<T> {
  return store.transaction().execute(async (trx) => {
    await lockForWriting(trx);
    return work(trx);
  });
}
