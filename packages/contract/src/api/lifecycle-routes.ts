import { z } from "zod";
import { route } from "../define-route.ts";
import { Snapshot, SnapshotId, SnapshotRequest } from "../host/snapshot.ts";
import { SessionId } from "../ids.ts";
import { CreateSession, Session } from "./session.ts";

const Params = z.object({ id: SessionId });

export const ForkSession = CreateSession.pick({ ttlSeconds: true, labels: true });
export type ForkSession = z.infer<typeof ForkSession>;

/** Sessions that rest, go on, and divide; and the snapshots that all of it starts from. */
export const lifecycleRoutes = {
  pauseSession: route({
    method: "POST",
    path: "/v1/sessions/:id/pause",
    summary: "Write the session to disk and free its memory; answers when it is paused",
    access: "sessions:write",
    params: Params,
    reply: Session,
    errors: [
      "SESSION_NOT_FOUND",
      "SESSION_NOT_READY",
      "SNAPSHOT_UNSUPPORTED",
      "DISK_FULL",
      "HOST_UNREACHABLE",
    ],
  }),
  resumeSession: route({
    method: "POST",
    path: "/v1/sessions/:id/resume",
    summary: "Let a paused session go on where it was; ready when its network is proven anew",
    access: "sessions:write",
    params: Params,
    reply: Session,
    errors: [
      "SESSION_NOT_FOUND",
      "VM_NOT_PAUSED",
      "SNAPSHOT_DAMAGED",
      "SNAPSHOT_MISMATCH",
      "HOST_OUT_OF_MEMORY",
      "HOST_UNREACHABLE",
    ],
  }),
  forkSession: route({
    method: "POST",
    path: "/v1/sessions/:id/fork",
    summary: "A second session that begins where this one is, in a VM with an identity of its own",
    access: "sessions:write",
    params: Params,
    body: ForkSession,
    reply: Session,
    status: 201,
    errors: [
      "SESSION_NOT_FOUND",
      "SESSION_NOT_READY",
      "SESSION_LIMIT",
      "SNAPSHOT_UNSUPPORTED",
      "SLOTS_EXHAUSTED",
      "DISK_FULL",
      "HOST_UNREACHABLE",
    ],
  }),
  listSnapshots: route({
    method: "GET",
    path: "/v1/snapshots",
    summary: "Golden snapshots of this machine",
    access: "host:read",
    reply: z.object({ data: z.array(Snapshot) }),
    errors: ["HOST_UNREACHABLE"],
  }),
  makeSnapshot: route({
    method: "POST",
    path: "/v1/snapshots",
    summary: "Boot an image once and freeze it; one that is there, or under construction, is answered",
    access: "host:write",
    body: SnapshotRequest,
    reply: Snapshot,
    status: 202,
    errors: ["IMAGE_NOT_FOUND", "SNAPSHOT_UNSUPPORTED", "HOST_UNREACHABLE"],
  }),
  removeSnapshot: route({
    method: "DELETE",
    path: "/v1/snapshots/:id",
    summary: "Remove a golden snapshot",
    access: "host:write",
    params: z.object({ id: SnapshotId }),
    reply: z.object({}),
    errors: ["SNAPSHOT_NOT_FOUND", "SNAPSHOT_IN_USE", "HOST_UNREACHABLE"],
  }),
} as const;
