import type { Migration } from "kysely/migration";

/** Named browser profiles, who writes each, and the profile that a session has. */
export const profileMigration: Migration = {
  async up(db) {
    await db.schema
      .createTable("profile")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("project", "text", (column) => column.notNull())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("version", "integer", (column) => column.notNull())
      .addColumn("file", "text")
      .addColumn("bytes", "integer", (column) => column.notNull())
      .addColumn("stored_bytes", "integer", (column) => column.notNull())
      .addColumn("key_version", "integer")
      .addColumn("wrapped_key", "blob")
      .addColumn("created_at", "text", (column) => column.notNull())
      .addColumn("saved_at", "text")
      .addColumn("saved_from", "text")
      .addColumn("used_at", "text")
      .addColumn("writer", "text")
      .addColumn("writer_since", "text")
      .addColumn("failure_json", "text")
      .execute();
    const index = (name: string) => db.schema.createIndex(name).on("profile");
    await index("profile_by_name").columns(["project", "name"]).unique().execute();
    await index("profile_by_key").column("key_version").execute();
    await index("profile_by_writer").column("writer").execute();
    await db.schema.alterTable("session").addColumn("profile_json", "text").execute();
  },
};
