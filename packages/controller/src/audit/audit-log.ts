import {
  type AuditAction,
  type AuditActor,
  AuditEntry,
  type AuditVerdict,
  type ConnectionId,
  type SessionId,
} from "@browservm/contract";
import type { Store } from "../store/store.ts";
import type { AuditTable } from "../store/tables.ts";
import { inWriting } from "../store/writing.ts";
import { chainHash, FIRST_HASH } from "./chain-hash.ts";

/** Who asks for something, and in which request. */
export interface Asker {
  readonly actor: AuditActor;
  readonly requestId: string | null;
}

/** The controller itself, e.g. when it looks after health. */
export const SYSTEM: Asker = { actor: { kind: "system", id: null, name: null }, requestId: null };

export interface NewEntry {
  readonly action: AuditAction;
  readonly by: Asker;
  readonly connectionId?: ConnectionId | string;
  readonly sessionId?: SessionId;
  /** What else is to be known; never a secret. */
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
}

export interface AuditQuery {
  readonly connection?: ConnectionId | undefined;
  /** Entries before this one. */
  readonly cursor?: number | undefined;
  readonly limit: number;
}

const BATCH = 500;

/** What was done with connections and by whom. It only grows; each entry's hash covers the one before. */
export class AuditLog {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Writes an entry by itself. */
  async record(entry: NewEntry): Promise<void> {
    await inWriting(this.#store, (trx) => appendAudit(trx, entry));
  }

  /** The newest first. */
  async list({ connection, cursor, limit }: AuditQuery) {
    let query = this.#store.selectFrom("audit").selectAll();
    if (connection !== undefined) query = query.where("connection_id", "=", connection);
    if (cursor !== undefined) query = query.where("seq", "<", cursor);
    const rows = await query
      .orderBy("seq", "desc")
      .limit(limit + 1)
      .execute();
    const data = rows.slice(0, limit).map(toEntry);
    return { data, nextCursor: rows.length > limit ? (data.at(-1)?.seq ?? null) : null };
  }

  /** Every entry that is there now, the oldest first. */
  async *all(): AsyncGenerator<AuditEntry, void, undefined> {
    for await (const row of this.#rows()) yield toEntry(row);
  }

  /** Looks at every entry. Also finds that the newest were cut off, unless the mark of the last was changed with them. */
  async verify(): Promise<AuditVerdict> {
    const head = await this.#store.selectFrom("audit_head").selectAll().executeTakeFirstOrThrow();
    let hash = FIRST_HASH;
    let entries = 0;
    for await (const row of this.#rows(head.seq)) {
      if (row.seq !== entries + 1 || row.hash !== chainHash(hash, row)) break;
      hash = row.hash;
      entries += 1;
    }
    const ok = entries === head.seq && hash === head.hash;
    return { ok, entries, brokenAt: ok ? null : entries + 1, headHash: head.hash };
  }

  async *#rows(last = Number.MAX_SAFE_INTEGER): AsyncGenerator<AuditTable, void, undefined> {
    for (let after = 0; ; ) {
      const query = this.#store.selectFrom("audit").selectAll().where("seq", ">", after);
      const rows = await query.where("seq", "<=", last).orderBy("seq").limit(BATCH).execute();
      yield* rows;
      const end = rows.at(-1);
      if (rows.length < BATCH || !end) return;
      after = end.seq;
    }
  }
}

/** Writes an entry in the transaction that makes it true, which has the lock for writing. */
export async function appendAudit(trx: Store, entry: NewEntry): Promise<void> {
  const head = await trx.selectFrom("audit_head").selectAll().executeTakeFirstOrThrow();
  const row = {
    seq: head.seq + 1,
    at: new Date().toISOString(),
    action: entry.action,
    actor_json: JSON.stringify(entry.by.actor),
    connection_id: entry.connectionId ?? null,
    session_id: entry.sessionId ?? null,
    request_id: entry.by.requestId,
    details_json: JSON.stringify(entry.details ?? {}),
  };
  const hash = chainHash(head.hash, row);
  await trx
    .insertInto("audit")
    .values({ ...row, hash })
    .execute();
  await trx.updateTable("audit_head").set({ seq: row.seq, hash }).execute();
}

function toEntry(row: AuditTable): AuditEntry {
  return AuditEntry.parse({
    seq: row.seq,
    at: row.at,
    action: row.action,
    actor: JSON.parse(row.actor_json),
    connectionId: row.connection_id,
    sessionId: row.session_id,
    requestId: row.request_id,
    details: JSON.parse(row.details_json),
    hash: row.hash,
  });
}
