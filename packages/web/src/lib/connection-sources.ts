import type { AuditEntry, Connection, Event, VaultStatus } from "@browservm/contract";
import { allPages } from "./all-pages.ts";
import { client } from "./client.ts";
import type { LiveSource } from "./live-query.ts";

const IDLE_MS = 15_000;
const BUSY_MS = 2000;
const PAGE = 100;

/** All connections, newest first. */
export const connectionListSource = (): LiveSource<readonly Connection[]> => ({
  load: (signal) => allPages((from) => client.connections.list({ limit: PAGE, ...from }, { signal })),
  events: aboutConnections,
  pollMs: () => IDLE_MS,
});

/** One connection. */
export const connectionSource = (id: string): LiveSource<Connection> => ({
  load: (signal) => client.connections.get(id, { signal }),
  events: aboutConnections,
  pollMs: () => IDLE_MS,
});

/** What was done with one connection, newest first. For admins. */
export const connectionHistorySource = (connection: string): LiveSource<readonly AuditEntry[]> => ({
  load: async (signal) => (await client.audit.list({ connection, limit: 30 }, { signal })).data,
  events: aboutConnections,
  pollMs: () => IDLE_MS,
});

/** The vault that keeps them. For admins. */
export const vaultSource = (): LiveSource<VaultStatus> => ({
  load: (signal) => client.vault.status({ signal }),
  events: aboutConnections,
  pollMs: (vault) => (vault !== null && vault.waiting > 0 ? BUSY_MS : IDLE_MS),
});

async function* aboutConnections(signal: AbortSignal): AsyncGenerator<Event> {
  for await (const event of client.events({ signal }))
    if (event.type.startsWith("connection.") || event.type === "signin.state") yield event;
}
