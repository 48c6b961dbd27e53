import type { Signin } from "@browservm/contract";
import { abandonedAt, isUnfinished, type SigninRecord } from "./signin-record.ts";

/** A sign-in as the API shows it. `baseUrl` is the address that its reader uses. */
export function toSignin(record: SigninRecord, baseUrl: string): Signin {
  const { sessionId, state } = record;
  return {
    id: record.id,
    project: record.project,
    provider: record.provider,
    recipe: record.recipe,
    kind: record.kind,
    state,
    attempt: record.attempt,
    steps: record.steps,
    guide: record.guide,
    captures: record.about.captures,
    leaves: record.about.leaves,
    sessionId,
    liveViewUrl: sessionId && `${baseUrl}/sessions/${sessionId}`,
    sessionOver: record.isSessionOver,
    connectionId: record.connectionId,
    renews: record.renews,
    subject: record.subject,
    profile: record.request.profile ?? null,
    createdAt: record.createdAt,
    expiresAt: record.expiresAt,
    abandonedAt: isUnfinished(state) ? abandonedAt(record) : null,
    endedAt: record.endedAt,
    reason: record.reason,
    canRetry: !isUnfinished(state) && state !== "completed" && record.hasSecret,
  };
}
