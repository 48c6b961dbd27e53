import {
  BrowserVmError,
  type GateReport,
  GateReport as GateReportSchema,
  SessionId,
  type SessionStatus,
  VmId,
} from "@browservm/contract";
import { newestFirst, type Place } from "../store/newest-first.ts";
import type { Store } from "../store/store.ts";
import {
  fromRow,
  type SessionRecord,
  TIMED_COLUMNS,
  type TimedSession,
  timedFromRow,
  toRow,
} from "./session-record.ts";

/** Everything but the gate's evidence, which is large. */
const COLUMNS = [
  ...TIMED_COLUMNS,
  "project",
  "request_json",
  "vm_id",
  "vm_json",
  "ready_at",
  "ended_at",
  "reason_json",
  "is_navigated",
  "pool",
  "is_claimed",
  "fork_of",
  "profile_json",
] as const;

export interface PageQuery {
  readonly project?: string | undefined;
  readonly status?: SessionStatus | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** The sessions in the database. Each method takes the store or a transaction on it. */
export const sessionStore = {
  async find(db: Store, id: SessionId): Promise<SessionRecord | undefined> {
    const row = await db.selectFrom("session").select(COLUMNS).where("id", "=", id).executeTakeFirst();
    return row && fromRow(row);
  },

  /** SESSION_NOT_FOUND when there is none. */
  async get(db: Store, id: SessionId): Promise<SessionRecord> {
    const record = await sessionStore.find(db, id);
    if (!record) throw new BrowserVmError("SESSION_NOT_FOUND", `there is no session ${id}`, { id });
    return record;
  },

  async findByVm(db: Store, vmId: VmId | string): Promise<SessionRecord | undefined> {
    const row = await db.selectFrom("session").select(COLUMNS).where("vm_id", "=", vmId).executeTakeFirst();
    return row && fromRow(row);
  },

  /** The sessions of VMs, as far as they have one. */
  async idsByVm(db: Store, vmIds: readonly VmId[]): Promise<ReadonlyMap<VmId, SessionId>> {
    const rows = await db.selectFrom("session").select(["id", "vm_id"]).where("vm_id", "in", vmIds).execute();
    return new Map(rows.map(({ id, vm_id }) => [VmId.parse(vm_id), SessionId.parse(id)]));
  },

  /** All that are not ended. */
  async unsettled(db: Store): Promise<SessionRecord[]> {
    const rows = await db.selectFrom("session").select(COLUMNS).where("status", "!=", "ended").execute();
    return rows.map(fromRow);
  },

  async count(db: Store, statuses: readonly SessionStatus[]): Promise<number> {
    const row = await db
      .selectFrom("session")
      .select(({ fn }) => fn.countAll<number>().as("count"))
      .where("status", "in", statuses)
      .executeTakeFirstOrThrow();
    return Number(row.count);
  },

  async countByStatus(db: Store): Promise<ReadonlyMap<string, number>> {
    const rows = await db
      .selectFrom("session")
      .select(({ fn }) => ["status", fn.countAll<number>().as("count")])
      .groupBy("status")
      .execute();
    return new Map(rows.map(({ status, count }) => [status, Number(count)]));
  },

  /** Those that a time-out can end or pause. */
  async timed(db: Store): Promise<TimedSession[]> {
    const rows = await db
      .selectFrom("session")
      .select(TIMED_COLUMNS)
      .where("status", "in", ["pending", "ready", "paused"])
      .execute();
    return rows.map(timedFromRow);
  },

  /** Something was done in a session that is ready, at that time. */
  async setActive(db: Store, id: SessionId, at: string): Promise<void> {
    await db
      .updateTable("session")
      .set({ active_at: at })
      .where("id", "=", id)
      .where("status", "=", "ready")
      .execute();
  },

  /** Newest first; the cursor is the last one's creation time and id, so that new sessions shift no page. */
  async page(db: Store, { project, status, cursor, limit }: PageQuery) {
    let query = db.selectFrom("session").select(COLUMNS);
    if (project !== undefined) query = query.where("project", "=", project);
    if (status !== undefined) query = query.where("status", "=", status);
    const after = cursor === undefined ? undefined : parseCursor(cursor);
    const { rows, last } = await newestFirst(query, { after, limit });
    return { records: rows.map(fromRow), nextCursor: last ? `${last.created_at}~${last.id}` : null };
  },

  async insert(db: Store, record: SessionRecord): Promise<void> {
    await db
      .insertInto("session")
      .values({ ...toRow(record), gate_json: null })
      .execute();
  },

  async update(db: Store, record: SessionRecord): Promise<void> {
    await db.updateTable("session").set(toRow(record)).where("id", "=", record.id).execute();
  },

  async remove(db: Store, id: SessionId): Promise<void> {
    await db.deleteFrom("session").where("id", "=", id).execute();
  },

  async gate(db: Store, id: SessionId): Promise<GateReport | null> {
    const row = await db.selectFrom("session").select("gate_json").where("id", "=", id).executeTakeFirst();
    return row?.gate_json ? GateReportSchema.parse(JSON.parse(row.gate_json)) : null;
  },

  async setGate(db: Store, id: SessionId, gate: GateReport): Promise<void> {
    await db
      .updateTable("session")
      .set({ gate_json: JSON.stringify(gate) })
      .where("id", "=", id)
      .execute();
  },

  async forgetEndedBefore(db: Store, at: string): Promise<void> {
    await db.deleteFrom("session").where("status", "=", "ended").where("ended_at", "<", at).execute();
  },
};

function parseCursor(cursor: string): Place {
  const [created_at, id, ...more] = cursor.split("~");
  if (!created_at || !id || more.length > 0) {
    throw new BrowserVmError("BAD_REQUEST", "query.cursor: not a cursor that this API gave", {
      issues: [{ path: "query.cursor", message: "not a cursor that this API gave" }],
    });
  }
  return { created_at, id };
}
