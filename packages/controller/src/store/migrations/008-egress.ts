import type { Migration } from "kysely/migration";

/** Where sessions of a pool may go that say nothing of it themselves; a session's own policy is in its request. */
export const egressMigration: Migration = {
  async up(db) {
    await db.schema.alterTable("pool").addColumn("egress_json", "text").execute();
  },
};
