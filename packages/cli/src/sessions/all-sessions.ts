import type { Session, SessionStatus } from "@browservm/contract";
import type { BrowserVM } from "@browservm/sdk";
import { allPages } from "../all-pages.ts";

const OVER: ReadonlySet<SessionStatus> = new Set(["ended", "failed"]);

export interface SessionFilter {
  /** Also those that have ended or failed. */
  readonly all?: boolean;
  readonly status?: SessionStatus;
}

/** Every session that fits, newest first, from as many pages as there are. */
export async function allSessions(
  client: BrowserVM,
  { all, status }: SessionFilter = {},
): Promise<Session[]> {
  const only = status ? { status } : {};
  const found = await allPages((from) => client.sessions.list({ limit: 100, ...only, ...from }));
  return all || status ? found : found.filter((session) => !OVER.has(session.status));
}
