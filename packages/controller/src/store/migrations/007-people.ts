import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** People, invitations, and what keys may do. Keys of before keep what their role let them do. */
export const peopleMigration: Migration = {
  async up(db) {
    await makePeople(db);
    const key = () => db.schema.alterTable("api_key");
    await key()
      .addColumn("scopes_json", "text", (column) => column.notNull().defaultTo("[]"))
      .execute();
    await key().addColumn("project", "text").execute();
    await key().addColumn("owner_id", "text").execute();
    await key().addColumn("expires_at", "text").execute();
    await key().addColumn("old_prefix", "text").execute();
    await key().addColumn("old_sha256", "text").execute();
    await key().addColumn("old_until", "text").execute();
    await key().addColumn("old_used_at", "text").execute();
    const user = ["sessions:write", "connections:token", "connections:write", "pools:read", "host:read"];
    await sql`update api_key set scopes_json = '["*"]' where role = 'admin'`.execute(db);
    await sql`update api_key set scopes_json = ${JSON.stringify(user)}, project = 'default' where role <> 'admin'`.execute(
      db,
    );
    await key().dropColumn("role").execute();
    await db.schema.createIndex("api_key_by_old").on("api_key").column("old_sha256").execute();
    await db.schema.createIndex("api_key_by_owner").on("api_key").column("owner_id").execute();
    await db.schema.alterTable("login_token").addColumn("person_id", "text").execute();
    await db.schema.alterTable("web_session").addColumn("person_id", "text").execute();
    await db.schema.createIndex("web_session_by_person").on("web_session").column("person_id").execute();
    await db.schema
      .alterTable("session")
      .addColumn("project", "text", (column) => column.notNull().defaultTo("default"))
      .execute();
    await db.schema
      .createIndex("session_by_project")
      .on("session")
      .columns(["project", "created_at"])
      .execute();
    await db.schema
      .createIndex("connection_by_project")
      .on("connection")
      .columns(["project", "created_at"])
      .execute();
  },
};

async function makePeople(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("person")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("email", "text", (column) => column.notNull().unique())
    .addColumn("role", "text", (column) => column.notNull())
    .addColumn("disabled", "integer", (column) => column.notNull())
    .addColumn("password_hash", "text")
    .addColumn("oidc_issuer", "text")
    .addColumn("oidc_subject", "text")
    .addColumn("created_at", "text", (column) => column.notNull())
    .addColumn("last_sign_in_at", "text")
    .execute();
  const byOidc = db.schema.createIndex("person_by_oidc").on("person").unique();
  await byOidc.columns(["oidc_issuer", "oidc_subject"]).execute();
  await db.schema
    .createTable("invitation")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("token_sha256", "text", (column) => column.notNull().unique())
    .addColumn("email", "text", (column) => column.notNull())
    .addColumn("role", "text", (column) => column.notNull())
    .addColumn("person_id", "text")
    .addColumn("invited_by", "text")
    .addColumn("inviter_id", "text")
    .addColumn("created_at", "text", (column) => column.notNull())
    .addColumn("expires_at", "text", (column) => column.notNull())
    .execute();
}
