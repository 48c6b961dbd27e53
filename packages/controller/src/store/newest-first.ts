import { type SelectQueryBuilder, sql } from "kysely";
import type { Tables } from "./tables.ts";

/** Where a row is among those of its table. */
export interface Place {
  readonly id: string;
  readonly created_at: string;
}

export interface Page<Row> {
  readonly rows: Row[];
  /** After which the next page begins; undefined when this is the last one. */
  readonly last: Row | undefined;
}

/** One page of rows by their age, newest first. It begins after a row of the page before, so that new rows shift no page. */
export async function newestFirst<Table extends keyof Tables, Row extends Place>(
  query: SelectQueryBuilder<Tables, Table, Row>,
  { after, limit }: { readonly after: Place | undefined; readonly limit: number },
): Promise<Page<Row>> {
  const rest = after
    ? query.where(sql<boolean>`(created_at, id) < (${after.created_at}, ${after.id})`)
    : query;
  const rows: Row[] = await rest
    .orderBy(sql`created_at`, "desc")
    .orderBy(sql`id`, "desc")
    .limit(limit + 1)
    .execute();
  const page = rows.slice(0, limit);
  return { rows: page, last: rows.length > limit ? page.at(-1) : undefined };
}
