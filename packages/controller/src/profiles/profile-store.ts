import { randomBytes } from "node:crypto";
import { BrowserVmError, makeId, Profile, ProfileId, type Reason, type SessionId } from "@browservm/contract";
import { sql } from "kysely";
import type { Store } from "../store/store.ts";
import type { ProfileTable } from "../store/tables.ts";

export interface ProfileListQuery {
  readonly project?: string | undefined;
  readonly cursor?: ProfileId | undefined;
  readonly limit: number;
}

/** A version of a profile, as it is put down. */
export type SavedVersion = Pick<
  ProfileTable,
  "version" | "file" | "bytes" | "stored_bytes" | "key_version" | "wrapped_key" | "saved_at" | "saved_from"
>;

/** The rows of profiles. Each method takes the store or a transaction on it. */
export const profileStore = {
  async find(db: Store, id: string): Promise<ProfileTable | undefined> {
    return db.selectFrom("profile").selectAll().where("id", "=", id).executeTakeFirst();
  },

  /** PROFILE_NOT_FOUND. */
  async get(db: Store, id: string): Promise<ProfileTable> {
    const row = await profileStore.find(db, id);
    if (!row) throw new BrowserVmError("PROFILE_NOT_FOUND", `there is no profile ${id}`, { id });
    return row;
  },

  /** By its name, or its id, in one project. */
  async named(db: Store, project: string, name: string): Promise<ProfileTable | undefined> {
    return db
      .selectFrom("profile")
      .selectAll()
      .where("project", "=", project)
      .where((where) => where.or([where("name", "=", name), where("id", "=", name)]))
      .executeTakeFirst();
  },

  async list(db: Store, { project, cursor, limit }: ProfileListQuery) {
    let query = db.selectFrom("profile").selectAll();
    if (project !== undefined) query = query.where("project", "=", project);
    if (cursor !== undefined) {
      const { name, id } = await profileStore.get(db, cursor);
      query = query.where(sql<boolean>`(name, id) > (${name}, ${id})`);
    }
    const rows = await query
      .orderBy("name")
      .orderBy("id")
      .limit(limit + 1)
      .execute();
    const data = rows.slice(0, limit).map(toProfile);
    return { data, nextCursor: rows.length > limit ? (data.at(-1)?.id ?? null) : null };
  },

  async count(db: Store): Promise<number> {
    const { n } = await db
      .selectFrom("profile")
      .select(({ fn }) => fn.countAll<number>().as("n"))
      .executeTakeFirstOrThrow();
    return Number(n);
  },

  async filesAmong(db: Store, files: readonly string[]): Promise<ReadonlySet<string>> {
    if (files.length === 0) return new Set();
    const rows = await db.selectFrom("profile").select("file").where("file", "in", files).execute();
    return new Set(rows.flatMap(({ file }) => file ?? []));
  },

  async insert(db: Store, row: ProfileTable): Promise<void> {
    await db.insertInto("profile").values(row).execute();
  },

  /** Only if nobody writes it; false otherwise. One statement: nobody comes between. */
  async takeWriter(db: Store, id: string, sessionId: SessionId): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable("profile")
      .set({ writer: sessionId, writer_since: new Date().toISOString() })
      .where("id", "=", id)
      .where("writer", "is", null)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  },

  async releaseWriter(db: Store, sessionId: SessionId): Promise<void> {
    await db
      .updateTable("profile")
      .set({ writer: null, writer_since: null })
      .where("writer", "=", sessionId)
      .execute();
  },

  /** The session never was, nor a profile that was made for it. */
  async withdraw(db: Store, sessionId: SessionId): Promise<void> {
    await db.deleteFrom("profile").where("writer", "=", sessionId).where("version", "=", 0).execute();
    await profileStore.releaseWriter(db, sessionId);
  },

  /** The next version, if it is still the one before and its writer still this session. */
  async commit(db: Store, id: string, sessionId: SessionId, saved: SavedVersion): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable("profile")
      .set({ ...saved, failure_json: null })
      .where("id", "=", id)
      .where("version", "=", saved.version - 1)
      .where("writer", "=", sessionId)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  },

  async setFailure(db: Store, id: string, sessionId: SessionId, reason: Reason): Promise<void> {
    const failure = { ...reason, at: new Date().toISOString(), sessionId };
    await db
      .updateTable("profile")
      .set({ failure_json: JSON.stringify(failure) })
      .where("id", "=", id)
      .execute();
  },

  async setUsed(db: Store, id: string): Promise<void> {
    await db.updateTable("profile").set({ used_at: new Date().toISOString() }).where("id", "=", id).execute();
  },
};

/** PROFILE_EXISTS. */
export async function requireFreeName(db: Store, project: string, name: string): Promise<void> {
  const known = await profileStore.named(db, project, name);
  if (known) throw new BrowserVmError("PROFILE_EXISTS", `there is a profile ${name}`, { id: known.id });
}

/** One that was never saved. */
export function freshProfile(project: string, name: string): ProfileTable {
  return {
    id: ProfileId.parse(makeId("prf", randomBytes(20))),
    project,
    name,
    version: 0,
    file: null,
    bytes: 0,
    stored_bytes: 0,
    key_version: null,
    wrapped_key: null,
    created_at: new Date().toISOString(),
    saved_at: null,
    saved_from: null,
    used_at: null,
    writer: null,
    writer_since: null,
    failure_json: null,
  };
}

/** Where the data key of a version belongs, for the vault. */
export const placeOf = ({ id, project, version }: Pick<ProfileTable, "id" | "project" | "version">) => ({
  id,
  project,
  kind: "profile",
  version,
});

/** What is bound to every segment of its file. */
export const aboutFile = (row: Pick<ProfileTable, "id" | "project" | "version">) =>
  `browservm profile ${JSON.stringify([row.id, row.project, row.version])}`;

/** What is told of a profile. */
export function toProfile(row: ProfileTable): Profile {
  const { writer, writer_since: since } = row;
  return Profile.parse({
    id: row.id,
    name: row.name,
    project: row.project,
    version: row.version,
    storedBytes: row.stored_bytes,
    bytes: row.bytes,
    createdAt: row.created_at,
    savedAt: row.saved_at,
    savedFrom: row.saved_from,
    usedAt: row.used_at,
    writer: writer === null ? null : { sessionId: writer, since },
    failure: row.failure_json === null ? null : JSON.parse(row.failure_json),
  });
}
