import type { Migration } from "kysely/migration";

/** Sessions, what happened to them, and which request made them. */
export const sessionMigration: Migration = {
  async up(db) {
    await db.schema
      .createTable("session")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("status", "text", (column) => column.notNull())
      .addColumn("request_json", "text", (column) => column.notNull())
      .addColumn("vm_id", "text", (column) => column.notNull().unique())
      .addColumn("vm_json", "text")
      .addColumn("gate_json", "text")
      .addColumn("created_at", "text", (column) => column.notNull())
      .addColumn("ready_at", "text")
      .addColumn("ended_at", "text")
      .addColumn("expires_at", "text", (column) => column.notNull())
      .addColumn("ttl_seconds", "integer", (column) => column.notNull())
      .addColumn("reason_json", "text")
      .addColumn("is_navigated", "integer", (column) => column.notNull().defaultTo(0))
      .execute();
    await db.schema
      .createIndex("session_newest_first")
      .on("session")
      .columns(["created_at desc", "id desc"])
      .execute();
    await db.schema
      .createTable("idempotency")
      .addColumn("scope", "text", (column) => column.notNull())
      .addColumn("key", "text", (column) => column.notNull())
      .addColumn("body_sha256", "text", (column) => column.notNull())
      .addColumn("session_id", "text", (column) => column.notNull())
      .addColumn("created_at", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("idempotency_key", ["scope", "key"])
      .execute();
    await db.schema
      .createTable("event")
      .addColumn("seq", "integer", (column) => column.primaryKey().autoIncrement())
      .addColumn("at", "text", (column) => column.notNull())
      .addColumn("subject", "text", (column) => column.notNull())
      .addColumn("type", "text", (column) => column.notNull())
      .addColumn("data_json", "text", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("event_by_subject").on("event").columns(["subject", "seq"]).execute();
    await db.schema
      .createTable("mark")
      .addColumn("name", "text", (column) => column.primaryKey())
      .addColumn("value", "integer", (column) => column.notNull())
      .execute();
  },
};
