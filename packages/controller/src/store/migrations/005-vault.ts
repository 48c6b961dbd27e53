import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Connections under lock and key, who refreshes them, and the audit log, which only grows. */
export const vaultMigration: Migration = {
  async up(db) {
    await db.schema
      .createTable("connection")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("project", "text", (column) => column.notNull().defaultTo("default"))
      .addColumn("kind", "text", (column) => column.notNull())
      .addColumn("provider", "text", (column) => column.notNull())
      .addColumn("subject", "text")
      .addColumn("scopes_json", "text", (column) => column.notNull())
      .addColumn("expires_at", "text")
      .addColumn("renewable", "integer", (column) => column.notNull())
      .addColumn("health", "text", (column) => column.notNull())
      .addColumn("health_reason", "text")
      .addColumn("health_at", "text", (column) => column.notNull())
      .addColumn("next_check_at", "text", (column) => column.notNull())
      .addColumn("created_at", "text", (column) => column.notNull())
      .addColumn("used_at", "text")
      .addColumn("rotated_at", "text")
      .addColumn("version", "integer", (column) => column.notNull())
      .addColumn("key_version", "integer", (column) => column.notNull())
      .addColumn("wrapped_key", "blob", (column) => column.notNull())
      .addColumn("secret", "blob", (column) => column.notNull())
      .execute();
    const index = (name: string) => db.schema.createIndex(name).on("connection");
    await index("connection_by_age").columns(["created_at", "id"]).execute();
    await index("connection_by_check").column("next_check_at").execute();
    await index("connection_by_key").column("key_version").execute();
    await db.schema
      .createTable("connection_lease")
      .addColumn("connection_id", "text", (column) => column.primaryKey())
      .addColumn("holder", "text", (column) => column.notNull())
      .addColumn("fence", "integer", (column) => column.notNull())
      .addColumn("expires_ms", "integer", (column) => column.notNull())
      .addColumn("attempt_version", "integer")
      .execute();
    await db.schema
      .createTable("vault_key")
      .addColumn("version", "integer", (column) => column.primaryKey())
      .addColumn("probe", "blob", (column) => column.notNull())
      .addColumn("created_at", "text", (column) => column.notNull())
      .execute();
    await makeAudit(db);
  },
};

async function makeAudit(db: Parameters<Migration["up"]>[0]): Promise<void> {
  await db.schema
    .createTable("audit")
    .addColumn("seq", "integer", (column) => column.primaryKey())
    .addColumn("at", "text", (column) => column.notNull())
    .addColumn("action", "text", (column) => column.notNull())
    .addColumn("actor_json", "text", (column) => column.notNull())
    .addColumn("connection_id", "text")
    .addColumn("session_id", "text")
    .addColumn("request_id", "text")
    .addColumn("details_json", "text", (column) => column.notNull())
    .addColumn("hash", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("audit_by_connection").on("audit").columns(["connection_id", "seq"]).execute();
  for (const change of ["update", "delete"])
    await sql
      .raw(
        `create trigger audit_no_${change} before ${change} on audit begin select raise(abort, 'the audit log only grows'); end`,
      )
      .execute(db);
  await db.schema
    .createTable("audit_head")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("seq", "integer", (column) => column.notNull())
    .addColumn("hash", "text", (column) => column.notNull())
    .execute();
  await sql`insert into audit_head (id, seq, hash) values (1, 0, ${"0".repeat(64)})`.execute(db);
}
