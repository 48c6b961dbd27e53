import { randomBytes } from "node:crypto";
import {
  type Config,
  type CreateSession,
  DEFAULT_PROJECT,
  type ForkSession,
  makeId,
  SessionId,
} from "@browservm/contract";
import { freshVmId } from "../host/fresh-vm-id.ts";
import type { SessionRecord } from "./session-record.ts";
import { offlineAfter } from "./timeouts/deadlines.ts";

export type SessionLimits = Pick<
  Config["limits"],
  "sessions" | "sessionTtlSeconds" | "sessionMaxSeconds" | "idleSeconds" | "onIdle"
>;

/** A session that was just asked for, with a VM of its own to come. */
export function draftSession(request: CreateSession, limits: SessionLimits): SessionRecord {
  const ttlSeconds = request.ttlSeconds ?? limits.sessionTtlSeconds;
  const maxSeconds = request.maxSeconds ?? limits.sessionMaxSeconds;
  return {
    id: SessionId.parse(makeId("ses", randomBytes(20))),
    project: request.project ?? DEFAULT_PROJECT,
    status: "pending",
    request,
    vmId: freshVmId(),
    vm: null,
    createdAt: new Date().toISOString(),
    readyAt: null,
    endedAt: null,
    expiresAt: offlineAfter(ttlSeconds),
    ttlSeconds,
    reason: null,
    isNavigated: false,
    pool: null,
    isClaimed: false,
    forkOf: null,
    absoluteAt: maxSeconds > 0 ? offlineAfter(maxSeconds) : null,
    idleSeconds: request.idleSeconds ?? limits.idleSeconds,
    onIdle: request.onIdle ?? limits.onIdle,
    activeAt: null,
    warned: {},
    profile: null,
  };
}

/** A fork begins where its source is: its page is open already, and what the request leaves out is as there. */
export function draftFork(
  source: SessionRecord,
  { ttlSeconds, labels }: ForkSession,
  limits: SessionLimits,
): SessionRecord {
  const { profile: _, ...begun } = source.request;
  const request = {
    ...begun,
    project: source.project,
    ttlSeconds: ttlSeconds ?? source.ttlSeconds,
    ...(labels ? { labels } : {}),
  };
  return {
    ...draftSession(request, limits),
    isNavigated: true,
    forkOf: source.id,
    profile: profileOfFork(source),
  };
}

/** Its browser holds it already; that of its source goes on writing it, and nobody else. */
const profileOfFork = ({ profile }: SessionRecord): SessionRecord["profile"] =>
  profile && { ...profile, mode: "read", state: "loaded", reason: null };
