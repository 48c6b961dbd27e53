import type { EgressReport, SessionId } from "@browservm/contract";
import { client } from "./client.ts";
import type { LiveSource } from "./live-query.ts";

const POLL_MS = 5000;

/** Where a session may go and what came of it. Most of it no event tells. */
export const egressSource = (id: SessionId): LiveSource<EgressReport> => ({
  load: (signal) => client.sessions.egress(id, { signal }),
  events: (signal) => client.sessions.events(id, { signal }),
  pollMs: () => POLL_MS,
});
