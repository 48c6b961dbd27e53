import { Kysely, SqliteDialect } from "kysely";
import { expect, test } from "vitest";
import { newestFirst, type Page, type Place } from "./newest-first.ts";
import { openSqlite } from "./sqlite-database.ts";
import type { Tables } from "./tables.ts";

const ROWS: readonly Place[] = ["1 c", "2 a", "2 b", "2 d", "3 a0"].map((text) => {
  const [created_at = "", id = ""] = text.split(" ");
  return { id, created_at };
});
const shown = ({ id, created_at }: Place) => `${created_at} ${id}`;

/** Only the columns that matter. */
async function tableOf(rows: readonly Place[]): Promise<Kysely<Tables>> {
  const store = new Kysely<Tables>({ dialect: new SqliteDialect({ database: openSqlite(":memory:") }) });
  await store.schema.createTable("signin").addColumn("id", "text").addColumn("created_at", "text").execute();
  for (const row of rows)
    await store
      .insertInto("signin")
      .values(row as never)
      .execute();
  return store;
}

test.each([1, 2, 3, 5, 6])(
  "pages of %i have each row once, the newest first, whatever their ages",
  async (limit) => {
    const store = await tableOf(ROWS);
    const seen: string[] = [];
    let after: Place | undefined;
    do {
      const page: Page<Place> = await newestFirst(store.selectFrom("signin").selectAll(), { after, limit });
      expect(page.rows.length).toBeLessThanOrEqual(limit);
      seen.push(...page.rows.map(shown));
      after = page.last;
      // One that comes meanwhile is on no page after the first.
      await store
        .insertInto("signin")
        .values({ id: `new${seen.length}`, created_at: "9" } as never)
        .execute();
    } while (after);
    expect(seen).toEqual(ROWS.map(shown).reverse());
    await store.destroy();
  },
);
