import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { SqliteDatabase } from "kysely";

/** `secure_delete`: what is deleted is overwritten in the file, for it may have been a secret. */
const PRAGMAS =
  "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;";

/** Node's own SQLite in the shape that Kysely's SQLite dialect wants. */
export function openSqlite(path: string): SqliteDatabase {
  const db = new DatabaseSync(path);
  db.exec(PRAGMAS);
  return {
    close: () => db.close(),
    prepare: (sql) => {
      const statement = db.prepare(sql);
      // Kysely builds parameters from typed values; node:sqlite refuses at run time what it cannot store.
      const bind = (parameters: readonly unknown[]) => parameters as readonly SQLInputValue[];
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...bind(parameters)),
        run: (parameters) => statement.run(...bind(parameters)),
        iterate: (parameters) => statement.iterate(...bind(parameters)),
      };
    },
  };
}
