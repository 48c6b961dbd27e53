import type { Migration } from "kysely/migration";

/** Guided sign-ins: how far each is, and, under lock and key, how it is done. */
export const signinMigration: Migration = {
  async up(db) {
    await db.schema
      .createTable("signin")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("project", "text", (column) => column.notNull())
      .addColumn("provider", "text", (column) => column.notNull())
      .addColumn("recipe", "text", (column) => column.notNull())
      .addColumn("kind", "text", (column) => column.notNull())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("attempt", "integer", (column) => column.notNull())
      .addColumn("steps_json", "text", (column) => column.notNull())
      .addColumn("guide_json", "text")
      .addColumn("about_json", "text", (column) => column.notNull())
      .addColumn("request_json", "text", (column) => column.notNull())
      .addColumn("asker_json", "text", (column) => column.notNull())
      .addColumn("session_id", "text")
      .addColumn("session_over", "integer", (column) => column.notNull())
      .addColumn("connection_id", "text")
      .addColumn("renews", "integer", (column) => column.notNull())
      .addColumn("subject", "text")
      .addColumn("created_at", "text", (column) => column.notNull())
      .addColumn("expires_at", "text", (column) => column.notNull())
      .addColumn("heartbeat_at", "text")
      .addColumn("confirmed", "integer", (column) => column.notNull())
      .addColumn("ended_at", "text")
      .addColumn("reason_json", "text")
      .addColumn("version", "integer", (column) => column.notNull())
      .addColumn("key_version", "integer")
      .addColumn("wrapped_key", "blob")
      .addColumn("secret", "blob")
      .execute();
    const index = (name: string) => db.schema.createIndex(name).on("signin");
    await index("signin_by_age").columns(["created_at", "id"]).execute();
    await index("signin_by_project").columns(["project", "created_at"]).execute();
    await index("signin_by_state").columns(["state", "session_over"]).execute();
  },
};
