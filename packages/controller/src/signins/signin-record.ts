import {
  AuditActor,
  ConnectionId,
  ConnectionKind,
  CreateSignin,
  isSigninEnd,
  Reason,
  SessionId,
  Signin,
  type SigninEnd,
  SigninGuide,
  SigninId,
  SigninState,
} from "@browservm/contract";
import { z } from "zod";
import type { Asker } from "../audit/audit-log.ts";
import type { SigninTable } from "../store/tables.ts";

const Steps = Signin.shape.steps;
const About = z.object({ captures: z.array(z.string()), leaves: z.array(z.string()) });
const Asked = z
  .object(CreateSignin.shape)
  .pick({ expiresIn: true, heartbeatSeconds: true, session: true, subject: true, profile: true });
const By = z.object({ actor: AuditActor, requestId: z.string().nullable() });

/** One sign-in as the controller keeps it; its settings are sealed beside it. */
export interface SigninRecord {
  readonly id: SigninId;
  readonly project: string;
  readonly provider: string;
  readonly recipe: Signin["recipe"];
  readonly kind: ConnectionKind;
  readonly state: SigninState;
  readonly attempt: number;
  readonly steps: Signin["steps"];
  readonly guide: SigninGuide | null;
  readonly about: z.infer<typeof About>;
  readonly request: z.infer<typeof Asked>;
  readonly by: Asker;
  readonly sessionId: SessionId | null;
  readonly isSessionOver: boolean;
  readonly connectionId: ConnectionId | null;
  readonly renews: boolean;
  readonly subject: string | null;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly heartbeatAt: string | null;
  readonly isConfirmed: boolean;
  readonly endedAt: string | null;
  readonly reason: Reason | null;
  readonly version: number;
  readonly hasSecret: boolean;
}

type UnfinishedState = Exclude<SigninState, SigninEnd>;
export const isUnfinished = (state: SigninState): state is UnfinishedState => !isSigninEnd(state);

export function toRecord(row: SigninTable): SigninRecord {
  return {
    id: SigninId.parse(row.id),
    project: row.project,
    provider: row.provider,
    recipe: Signin.shape.recipe.parse(row.recipe),
    kind: ConnectionKind.parse(row.kind),
    state: SigninState.parse(row.state),
    attempt: row.attempt,
    steps: Steps.parse(JSON.parse(row.steps_json)),
    guide: row.guide_json === null ? null : SigninGuide.parse(JSON.parse(row.guide_json)),
    about: About.parse(JSON.parse(row.about_json)),
    request: Asked.parse(JSON.parse(row.request_json)),
    by: By.parse(JSON.parse(row.asker_json)),
    sessionId: row.session_id === null ? null : SessionId.parse(row.session_id),
    isSessionOver: row.session_over === 1,
    connectionId: row.connection_id === null ? null : ConnectionId.parse(row.connection_id),
    renews: row.renews === 1,
    subject: row.subject,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    heartbeatAt: row.heartbeat_at,
    isConfirmed: row.confirmed === 1,
    endedAt: row.ended_at,
    reason: row.reason_json === null ? null : Reason.parse(JSON.parse(row.reason_json)),
    version: row.version,
    hasSecret: row.secret !== null,
  };
}

/** Its columns, but those of the sealed part. */
export function toRow(
  record: SigninRecord,
): Omit<SigninTable, "version" | "key_version" | "wrapped_key" | "secret"> {
  return {
    id: record.id,
    project: record.project,
    provider: record.provider,
    recipe: record.recipe,
    kind: record.kind,
    state: record.state,
    attempt: record.attempt,
    steps_json: JSON.stringify(record.steps),
    guide_json: record.guide && JSON.stringify(record.guide),
    about_json: JSON.stringify(record.about),
    request_json: JSON.stringify(record.request),
    asker_json: JSON.stringify(record.by),
    session_id: record.sessionId,
    session_over: record.isSessionOver ? 1 : 0,
    connection_id: record.connectionId,
    renews: record.renews ? 1 : 0,
    subject: record.subject,
    created_at: record.createdAt,
    expires_at: record.expiresAt,
    heartbeat_at: record.heartbeatAt,
    confirmed: record.isConfirmed ? 1 : 0,
    ended_at: record.endedAt,
    reason_json: record.reason && JSON.stringify(record.reason),
  };
}

/** When its page counts as closed; null until that has sent a heartbeat. */
export function abandonedAt({ heartbeatAt, request }: SigninRecord): string | null {
  if (heartbeatAt === null) return null;
  return new Date(Date.parse(heartbeatAt) + request.heartbeatSeconds * 1000).toISOString();
}
