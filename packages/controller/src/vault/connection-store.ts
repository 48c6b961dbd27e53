import { BrowserVmError, Connection, type ConnectionHealth, type ConnectionId } from "@browservm/contract";
import { z } from "zod";
import { newestFirst } from "../store/newest-first.ts";
import type { Store } from "../store/store.ts";
import type { ConnectionTable } from "../store/tables.ts";

const Scopes = z.array(z.string());
const NEEDS_USER: ReadonlySet<ConnectionHealth> = new Set([
  "expired",
  "revoked",
  "refresh_reused",
  "needs_user",
]);

export interface ConnectionListQuery {
  readonly project?: string | undefined;
  readonly provider?: string | undefined;
  readonly cursor?: ConnectionId | undefined;
  readonly limit: number;
}

/** The rows of connections. */
export const connectionStore = {
  /** CONNECTION_NOT_FOUND. */
  async get(store: Store, id: string): Promise<ConnectionTable> {
    const row = await store.selectFrom("connection").selectAll().where("id", "=", id).executeTakeFirst();
    if (!row) throw new BrowserVmError("CONNECTION_NOT_FOUND", `there is no connection ${id}`);
    return row;
  },

  async list(store: Store, { project, provider, cursor, limit }: ConnectionListQuery) {
    let query = store.selectFrom("connection").selectAll();
    if (project !== undefined) query = query.where("project", "=", project);
    if (provider !== undefined) query = query.where("provider", "=", provider);
    const after = cursor === undefined ? undefined : await connectionStore.get(store, cursor);
    const { rows, last } = await newestFirst(query, { after, limit });
    return { data: rows.map(toConnection), nextCursor: last?.id ?? null };
  },

  async count(store: Store): Promise<number> {
    const { n } = await store
      .selectFrom("connection")
      .select(({ fn }) => fn.countAll<number>().as("n"))
      .executeTakeFirstOrThrow();
    return Number(n);
  },

  async countByHealth(store: Store): Promise<ReadonlyMap<string, number>> {
    const rows = await store
      .selectFrom("connection")
      .select(({ fn }) => ["health", fn.countAll<number>().as("n")])
      .groupBy("health")
      .execute();
    return new Map(rows.map(({ health, n }) => [health, Number(n)]));
  },
};

/** What is told of a connection. */
export function toConnection(row: ConnectionTable): Connection {
  return Connection.parse({
    id: row.id,
    kind: row.kind,
    project: row.project,
    provider: row.provider,
    subject: row.subject,
    scopes: Scopes.parse(JSON.parse(row.scopes_json)),
    expiresAt: row.expires_at,
    health: row.health,
    healthReason: row.health_reason,
    healthAt: row.health_at,
    needsUser: needsUser(row),
    createdAt: row.created_at,
    usedAt: row.used_at,
    rotatedAt: row.rotated_at,
  });
}

/** Whether it is of no use until somebody signs in again. */
export const needsUser = ({ health }: Pick<ConnectionTable, "health">): boolean =>
  NEEDS_USER.has(health as ConnectionHealth);
