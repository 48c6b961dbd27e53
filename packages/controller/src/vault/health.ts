import type { ConnectionHealth, ConnectionId } from "@browservm/contract";
import { HOST_SUBJECT } from "@browservm/contract";
import { type Asker, appendAudit } from "../audit/audit-log.ts";
import type { NewEvent } from "../events/event-log.ts";
import type { Store } from "../store/store.ts";
import type { ConnectionTable } from "../store/tables.ts";

export interface Finding {
  readonly health: ConnectionHealth;
  readonly reason: string | null;
}

/** So long before its end something that cannot be renewed is `expiring`, in milliseconds. */
const SOON_MS = 86_400_000;

/** What the clock alone says about a connection that nothing can renew. */
export function judgeByTime(expiresAt: string | null, now: number): Finding {
  if (expiresAt === null) return { health: "ok", reason: null };
  const left = Date.parse(expiresAt) - now;
  if (left <= 0) return { health: "expired", reason: "its time is over, and nothing can renew it" };
  if (left <= SOON_MS) return { health: "expiring", reason: "nothing can renew it" };
  return { health: "ok", reason: null };
}

export interface HealthChange {
  readonly row: Pick<ConnectionTable, "id" | "version" | "health">;
  readonly found: Finding;
  readonly by: Asker;
}

/** Stores what was found, if it was found about the secret that is there now. A change is told and audited. */
export async function writeHealth(
  trx: Store,
  append: (event: NewEvent) => Promise<void>,
  { row, found, by }: HealthChange,
): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable("connection")
    .set({ health: found.health, health_reason: found.reason, health_at: new Date().toISOString() })
    .where("id", "=", row.id)
    .where("version", "=", row.version)
    .executeTakeFirst();
  if (numUpdatedRows === 0n || row.health === found.health) return;
  await appendAudit(trx, {
    action: "connection.health",
    by,
    connectionId: row.id,
    details: { from: row.health, to: found.health, reason: found.reason },
  });
  await append(healthEvent(row.id, row.health, found.health));
}

/** For admins, as is everything about the host. */
export const healthEvent = (id: string, from: string, to: string): NewEvent => ({
  subject: HOST_SUBJECT,
  type: "connection.health",
  data: { connectionId: id as ConnectionId, from, to },
});
