import type { GateReport, Session, SessionId, SessionPage } from "@browservm/contract";
import { client } from "./client.ts";
import type { LiveSource } from "./live-query.ts";

const IDLE_MS = 15_000;
const BUSY_MS = 3000;
const isMoving = ({ status }: Session) => status === "pending" || status === "ending";

/** All sessions, newest first. */
export const sessionListSource = (): LiveSource<SessionPage> => ({
  load: (signal) => client.sessions.list({ limit: 100 }, { signal }),
  events: (signal) => client.events({ signal }),
  pollMs: (page) => (page?.data.some(isMoving) ? BUSY_MS : IDLE_MS),
});

export interface SessionLook {
  readonly session: Session;
  readonly gate: GateReport | null;
}

/** One session with the proof of its network. */
export const sessionSource = (id: SessionId): LiveSource<SessionLook> => ({
  load: async (signal) => {
    const [session, { gate }] = await Promise.all([
      client.sessions.get(id, { signal }),
      client.sessions.network(id, { signal }),
    ]);
    return { session, gate };
  },
  events: (signal) => client.sessions.events(id, { signal }),
  pollMs: (look) => (look === null || isMoving(look.session) ? BUSY_MS : IDLE_MS),
});
