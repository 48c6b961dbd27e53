import { Kysely, SqliteDialect } from "kysely";
import { openSqlite } from "../store/sqlite-database.ts";
import type { Tables } from "../store/tables.ts";

/** A process that dies at its n-th statement, or just after that. Afterwards it does nothing more. */
export class Mortal {
  statements = 0;
  isDead = false;
  readonly #diesAt: number;
  readonly #when: "before" | "after";

  constructor(diesAt: number, when: "before" | "after") {
    this.#diesAt = diesAt;
    this.#when = when;
  }

  store(path: string): Kysely<Tables> {
    const real = openSqlite(path);
    const run = <T>(work: () => T): T => {
      if (this.isDead) throw new Error("dead");
      this.statements += 1;
      const isLast = this.statements === this.#diesAt;
      if (isLast && this.#when === "before") this.#die();
      const result = work();
      if (isLast) this.#die();
      return result;
    };
    const database = {
      ...real,
      prepare: (sql: string) => {
        const statement = real.prepare(sql);
        return {
          ...statement,
          all: (parameters: readonly unknown[]) => run(() => statement.all(parameters)),
          run: (parameters: readonly unknown[]) => run(() => statement.run(parameters)),
        };
      },
    };
    return new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
  }

  #die(): never {
    this.isDead = true;
    throw new Error("died");
  }
}
