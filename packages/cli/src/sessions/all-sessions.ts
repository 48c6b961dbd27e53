import type { Session, SessionStatus } from "@browservm/contract";
import type { BrowserVM } from "@browservm/sdk";

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
  const found: Session[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.sessions.list({
      limit: 100,
      ...(status ? { status } : {}),
      ...(cursor ? { cursor } : {}),
    });
    found.push(...page.data);
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  return all || status ? found : found.filter((session) => !OVER.has(session.status));
}
