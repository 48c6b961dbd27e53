import type { Migration } from "kysely/migration";

/** Names and passwords of sessions' proxies, under lock and key. */
export const proxyCredentialsMigration: Migration = {
  async up(db) {
    await db.schema
      .createTable("proxy_credentials")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("address", "text", (column) => column.notNull())
      .addColumn("version", "integer", (column) => column.notNull())
      .addColumn("created_at", "text", (column) => column.notNull())
      .addColumn("key_version", "integer", (column) => column.notNull())
      .addColumn("wrapped_key", "blob", (column) => column.notNull())
      .addColumn("secret", "blob", (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex("proxy_credentials_by_address")
      .on("proxy_credentials")
      .column("address")
      .execute();
  },
};
