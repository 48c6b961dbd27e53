import type { Migration } from "kysely/migration";

/** Who may come in. Secrets are stored as SHA-256 only: they are random, so no slow hash is needed. */
export const authMigration: Migration = {
  async up(db) {
    await db.schema
      .createTable("api_key")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("role", "text", (column) => column.notNull())
      .addColumn("prefix", "text", (column) => column.notNull())
      .addColumn("secret_sha256", "text", (column) => column.notNull().unique())
      .addColumn("created_at", "text", (column) => column.notNull())
      .addColumn("last_used_at", "text")
      .execute();
    await db.schema
      .createTable("login_token")
      .addColumn("token_sha256", "text", (column) => column.primaryKey())
      .addColumn("role", "text", (column) => column.notNull())
      .addColumn("expires_at", "text", (column) => column.notNull())
      .addColumn("spent_at", "text")
      .execute();
    await db.schema
      .createTable("web_session")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("cookie_sha256", "text", (column) => column.notNull().unique())
      .addColumn("role", "text", (column) => column.notNull())
      .addColumn("session_id", "text")
      .addColumn("can_control", "integer", (column) => column.notNull())
      .addColumn("created_at", "text", (column) => column.notNull())
      .addColumn("expires_at", "text", (column) => column.notNull())
      .execute();
    await db.schema
      .createTable("view_token")
      .addColumn("token_sha256", "text", (column) => column.primaryKey())
      .addColumn("session_id", "text", (column) => column.notNull())
      .addColumn("role", "text", (column) => column.notNull())
      .addColumn("one_time", "integer", (column) => column.notNull())
      .addColumn("expires_at", "text", (column) => column.notNull())
      .addColumn("spent_at", "text")
      .execute();
  },
};
