import { chmodSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { BrowserVmError } from "@browservm/contract";
import { Kysely, SqliteDialect } from "kysely";
import { Migrator } from "kysely/migration";
import { migrations } from "./migrations.ts";
import { openSqlite } from "./sqlite-database.ts";
import type { Tables } from "./tables.ts";

/** The controller's database, or a transaction on it. */
export type Store = Kysely<Tables>;

/** Opens the database file (0600, made when absent) and brings it up to date. STATE_DAMAGED when it cannot be used. */
export async function openStore(path: string): Promise<Store> {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const store = new Kysely<Tables>({ dialect: new SqliteDialect({ database: openSqlite(path) }) });
    await migrate(store);
    if (path !== ":memory:") chmodSync(path, 0o600);
    return store;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new BrowserVmError("STATE_DAMAGED", `${path}: ${words}`, { path }, { cause: error });
  }
}

async function migrate(store: Store): Promise<void> {
  const migrator = new Migrator({ db: store, provider: { getMigrations: async () => ({ ...migrations }) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}
