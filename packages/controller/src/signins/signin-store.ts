import {
  BrowserVmError,
  type SessionId,
  SIGNIN_ENDS,
  type SigninId,
  type SigninState,
} from "@browservm/contract";
import { newestFirst } from "../store/newest-first.ts";
import type { Store } from "../store/store.ts";
import type { SigninTable } from "../store/tables.ts";
import { type SigninRecord, toRecord, toRow } from "./signin-record.ts";

export interface SigninQuery {
  readonly project?: string | undefined;
  readonly state?: SigninState | undefined;
  readonly cursor?: SigninId | undefined;
  readonly limit: number;
}

/** The sealed part of a row. */
export type SealedSignin = Pick<SigninTable, "version" | "key_version" | "wrapped_key" | "secret">;

/** Under whose name a sign-in repeats its requests for sessions, so that none is made twice or forgotten. */
export const REPEAT_SCOPE = "signin";
export const repeatKeyOf = ({ id, attempt }: Pick<SigninRecord, "id" | "attempt">) => `${id}.${attempt}`;

/** The rows of sign-ins. */
export const signinStore = {
  /** SIGNIN_NOT_FOUND. */
  async row(store: Store, id: string): Promise<SigninTable> {
    const row = await store.selectFrom("signin").selectAll().where("id", "=", id).executeTakeFirst();
    if (!row) throw new BrowserVmError("SIGNIN_NOT_FOUND", `there is no sign-in ${id}`);
    return row;
  },

  async get(store: Store, id: string): Promise<SigninRecord> {
    return toRecord(await signinStore.row(store, id));
  },

  async list(store: Store, { project, state, cursor, limit }: SigninQuery) {
    let query = store.selectFrom("signin").selectAll();
    if (project !== undefined) query = query.where("project", "=", project);
    if (state !== undefined) query = query.where("state", "=", state);
    const after = cursor === undefined ? undefined : await signinStore.row(store, cursor);
    const { rows, last } = await newestFirst(query, { after, limit });
    return { records: rows.map(toRecord), nextCursor: last?.id ?? null };
  },

  async insert(store: Store, record: SigninRecord, sealed: SealedSignin): Promise<void> {
    await store
      .insertInto("signin")
      .values({ ...toRow(record), ...sealed })
      .execute();
  },

  async update(store: Store, record: SigninRecord, sealed: Partial<SealedSignin> = {}): Promise<void> {
    await store
      .updateTable("signin")
      .set({ ...toRow(record), ...sealed })
      .where("id", "=", record.id)
      .execute();
  },

  async unfinished(store: Store): Promise<SigninRecord[]> {
    const rows = await store.selectFrom("signin").selectAll().where("state", "not in", SIGNIN_ENDS).execute();
    return rows.map(toRecord);
  },

  async countUnfinished(store: Store): Promise<number> {
    const { n } = await store
      .selectFrom("signin")
      .select(({ fn }) => fn.countAll<number>().as("n"))
      .where("state", "not in", SIGNIN_ENDS)
      .executeTakeFirstOrThrow();
    return Number(n);
  },

  /** Those that are over, and whose session may not be. */
  async uncleaned(store: Store): Promise<SigninRecord[]> {
    const rows = await store
      .selectFrom("signin")
      .selectAll()
      .where("state", "in", SIGNIN_ENDS)
      .where("session_over", "=", 0)
      .execute();
    return rows.map(toRecord);
  },

  /** Its sessions of all attempts, as far as they are remembered: also one that was made just before we died. */
  async sessionsOf(store: Store, { id, sessionId }: SigninRecord): Promise<SessionId[]> {
    const rows = await store
      .selectFrom("idempotency")
      .select("session_id")
      .where("scope", "=", REPEAT_SCOPE)
      .where("key", "like", `${id}.%`)
      .execute();
    const ids = [...rows.map(({ session_id }) => session_id as SessionId), ...(sessionId ? [sessionId] : [])];
    return [...new Set(ids)];
  },

  /** What can be retried no more keeps no settings; what is older still is forgotten. */
  async forget(store: Store, { secretsBefore, rowsBefore }: { secretsBefore: string; rowsBefore: string }) {
    await store
      .updateTable("signin")
      .set({ key_version: null, wrapped_key: null, secret: null })
      .where("ended_at", "<", secretsBefore)
      .where("secret", "is not", null)
      .execute();
    await store
      .deleteFrom("signin")
      .where("ended_at", "<", rowsBefore)
      .where("session_over", "=", 1)
      .execute();
  },
};
