import { createHash } from "node:crypto";
import type { AuditTable } from "../store/tables.ts";

/** What the first entry follows. */
export const FIRST_HASH = "0".repeat(64);

/** The hash of an entry: over the hash before it and everything in it, in this order. */
export function chainHash(before: string, row: Omit<AuditTable, "hash">): string {
  const content = [
    ...[before, row.seq, row.at, row.action, row.actor_json],
    ...[row.connection_id, row.session_id, row.request_id, row.details_json],
  ];
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}
