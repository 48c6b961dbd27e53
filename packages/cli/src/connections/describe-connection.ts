import type { AuditEntry, Connection, VaultStatus } from "@browservm/contract";
import { table } from "../table.ts";

/** Connections as a table, the newest first as they come. */
export function connectionTable(connections: readonly Connection[]): string {
  if (connections.length === 0) return "No connections. `browservm connection add` stores one.";
  const rows = connections.map((one) => [
    one.id,
    one.provider,
    one.subject ?? "–",
    one.kind,
    one.health,
    one.expiresAt ?? "never",
    one.usedAt ?? "never",
  ]);
  return table(["CONNECTION", "PROVIDER", "SUBJECT", "KIND", "HEALTH", "EXPIRES", "LAST USED"], rows);
}

/** One connection in a few lines. */
export function connectionWords(one: Connection): string {
  const health = one.healthReason ? `${one.health} (${one.healthReason})` : one.health;
  const lines: ReadonlyArray<readonly [string, string]> = [
    ["id", one.id],
    ["provider", one.provider],
    ["subject", one.subject ?? "–"],
    ["kind", one.kind],
    ["scopes", one.scopes.join(" ") || "–"],
    ["health", health],
    ["expires", one.expiresAt ?? "never"],
    ["created", one.createdAt],
    ["last used", one.usedAt ?? "never"],
    ["rotated", one.rotatedAt ?? "never"],
  ];
  return lines.map(([name, value]) => `${name.padEnd(10)}${value}`).join("\n");
}

/** The vault in a sentence or two. */
export function vaultWords({
  state,
  reason,
  keyFrom,
  keyVersion,
  connections,
  waiting,
}: VaultStatus): string {
  if (state !== "open") return `The vault is shut (${state}): ${reason ?? "no reason given"}`;
  const rest = waiting > 0 ? ` ${waiting} are still to be given the new key.` : "";
  return `The vault is open: version ${keyVersion} of its key, from ${keyFrom}; ${connections} connections.${rest}`;
}

/** Audit entries as a table, the newest first as they come. */
export function auditTable(entries: readonly AuditEntry[]): string {
  const rows = entries.map(({ seq, at, action, actor, connectionId, sessionId }) => [
    String(seq),
    at,
    action,
    actor.name ?? actor.id ?? actor.kind,
    connectionId ?? "–",
    sessionId ?? "–",
  ]);
  return table(["SEQ", "AT", "WHAT", "WHO", "CONNECTION", "SESSION"], rows);
}
