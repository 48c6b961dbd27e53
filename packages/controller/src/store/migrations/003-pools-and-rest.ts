import type { Migration } from "kysely/migration";

/** Pools and their VMs; what sessions need to be claimed, paused, forked and timed out. */
export const poolMigration: Migration = {
  async up(db) {
    await db.schema
      .createTable("pool")
      .addColumn("name", "text", (column) => column.primaryKey())
      .addColumn("source", "text", (column) => column.notNull())
      .addColumn("image", "text", (column) => column.notNull())
      .addColumn("size", "integer", (column) => column.notNull())
      .addColumn("vcpus", "integer")
      .addColumn("memory_mib", "integer")
      .addColumn("hits", "integer", (column) => column.notNull().defaultTo(0))
      .addColumn("misses", "integer", (column) => column.notNull().defaultTo(0))
      .addColumn("refill_ms_json", "text", (column) => column.notNull().defaultTo("[]"))
      .addColumn("claim_ms_json", "text", (column) => column.notNull().defaultTo("[]"))
      .addColumn("reason_json", "text")
      .execute();
    await db.schema
      .createTable("pool_vm")
      .addColumn("vm_id", "text", (column) => column.primaryKey())
      .addColumn("pool", "text", (column) => column.notNull())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("image", "text", (column) => column.notNull())
      .addColumn("image_id", "text")
      .addColumn("asked_vcpus", "integer")
      .addColumn("asked_memory_mib", "integer")
      .addColumn("vcpus", "integer")
      .addColumn("memory_mib", "integer")
      .addColumn("asked_at", "text", (column) => column.notNull())
      .addColumn("ready_at", "text")
      .execute();
    await db.schema.createIndex("pool_vm_by_state").on("pool_vm").columns(["state", "image"]).execute();
    // SQLite adds one column at a time.
    const session = db.schema.alterTable("session");
    await session.addColumn("pool", "text").execute();
    await session.addColumn("is_claimed", "integer", (column) => column.notNull().defaultTo(0)).execute();
    await session.addColumn("fork_of", "text").execute();
    await session.addColumn("absolute_at", "text").execute();
    await session.addColumn("idle_seconds", "integer", (column) => column.notNull().defaultTo(0)).execute();
    await session.addColumn("on_idle", "text", (column) => column.notNull().defaultTo("pause")).execute();
    await session.addColumn("active_at", "text").execute();
    await session.addColumn("warned_json", "text", (column) => column.notNull().defaultTo("{}")).execute();
  },
};
