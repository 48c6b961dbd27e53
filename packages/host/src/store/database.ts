import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { BrowserVmError } from "@browservm/contract";

export interface Migration {
  /** Unique and sorting in the order of application, e.g. "001-slots". */
  readonly name: string;
  readonly sql: string;
}

/**
 * hostd's own database (SQLite, WAL, durable commits). Opening brings it up to date; a database that cannot be
 * used is refused as STATE_DAMAGED, never re-created: a guessed address could belong to a running VM.
 */
export function openDatabase(path: string, migrations: readonly Migration[]): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    const db = new DatabaseSync(path);
    db.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON;",
    );
    migrate(db, migrations);
    return db;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new BrowserVmError("STATE_DAMAGED", `${path}: ${words}`, { path }, { cause: error });
  }
}

/** Runs `work` in one immediate transaction: all of it is durable, or none. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

function migrate(db: DatabaseSync, migrations: readonly Migration[]): void {
  db.exec("CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL) STRICT");
  const applied = new Set(
    db
      .prepare("SELECT name FROM migration")
      .all()
      .map((row) => String(row.name)),
  );
  for (const { name, sql } of migrations) {
    if (applied.has(name)) continue;
    transaction(db, () => {
      db.exec(sql);
      db.prepare("INSERT INTO migration (name, applied_at) VALUES (?, ?)").run(
        name,
        new Date().toISOString(),
      );
    });
  }
}
