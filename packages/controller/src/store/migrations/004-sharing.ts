import { randomBytes } from "node:crypto";
import { makeId } from "@browservm/contract";
import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Links that are listed and revoked, and sign-ins that know the link that they were made by. */
export const sharingMigration: Migration = {
  async up(db) {
    const link = db.schema.alterTable("view_token");
    await link.addColumn("id", "text", (column) => column.notNull().defaultTo("")).execute();
    await link.addColumn("name", "text").execute();
    await link.addColumn("created_at", "text", (column) => column.notNull().defaultTo("")).execute();
    await link.addColumn("revoked_at", "text").execute();
    const signIn = db.schema.alterTable("web_session");
    await signIn.addColumn("link_id", "text").execute();
    await signIn.addColumn("name", "text").execute();
    await nameOldLinks(db);
    await findOldSignIns(db);
    await db.schema.createIndex("view_token_by_id").on("view_token").column("id").unique().execute();
    const bySession = db.schema.createIndex("view_token_by_session").on("view_token");
    await bySession.columns(["session_id", "created_at"]).execute();
    await db.schema.createIndex("web_session_by_link").on("web_session").column("link_id").execute();
  },
};

/** When they were made is not known: now is the latest that it can have been. */
async function nameOldLinks(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ token_sha256: string }>`select token_sha256 from view_token`.execute(db);
  const now = new Date().toISOString();
  for (const { token_sha256 } of rows) {
    const id = makeId("lnk", randomBytes(20));
    await sql`update view_token set id = ${id}, created_at = ${now} where token_sha256 = ${token_sha256}`.execute(
      db,
    );
  }
}

/** A viewer's sign-in lasts exactly as long as its link, to the millisecond: that tells which link it was. */
async function findOldSignIns(db: Kysely<unknown>): Promise<void> {
  await sql`update web_session set link_id = (
    select id from view_token
    where view_token.session_id = web_session.session_id and view_token.expires_at = web_session.expires_at
    limit 1
  ) where role = 'view'`.execute(db);
}
