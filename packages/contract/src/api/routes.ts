import { z } from "zod";
import { ProjectName } from "../access.ts";
import { route } from "../define-route.ts";
import { DoctorFixReport, DoctorReport } from "../doctor.ts";
import { PROXY_CODES, VAULT_SHUT_CODES } from "../egress-errors.ts";
import { GateReport } from "../gate.ts";
import { AuthorizeKey, LogQuery, Resize, StreamService } from "../host/routes.ts";
import { HostInfo } from "../host/vm.ts";
import { SessionId, ViewerId, VmId } from "../ids.ts";
import { StreamReport } from "../media/viewer-messages.ts";
import { SessionStatus } from "../states.ts";
import { clipboardRoutes } from "./clipboard-routes.ts";
import { connectionRoutes, ExecWithConnections, TOKEN_ERRORS } from "./connections.ts";
import { egressRoutes } from "./egress-routes.ts";
import { HostPicture } from "./host-picture.ts";
import { keyRoutes } from "./keys.ts";
import { lifecycleRoutes } from "./lifecycle-routes.ts";
import { loginRoutes } from "./login.ts";
import { peopleRoutes } from "./people.ts";
import { poolRoutes } from "./pool-routes.ts";
import { profileRoutes } from "./profiles.ts";
import { CreateSession, NewSession, PageUrl, Session, SessionPage } from "./session.ts";
import { sessionFileRoutes } from "./session-files.ts";
import { sharingRoutes } from "./sharing.ts";
import { signinRoutes } from "./signins.ts";
import { vaultRoutes } from "./vault.ts";

const Params = z.object({ id: SessionId });
const Empty = z.object({});
const Bytes = z.instanceof(Uint8Array);
const Stream = z.unknown();

/** Without a time to live of its own: what the session has, anew. */
export const Extend = CreateSession.pick({ ttlSeconds: true });

/** Neither: the whole host. */
const DoctorTarget = z.strictObject({ sessionId: SessionId.optional(), vmId: VmId.optional() });
const isOneTarget = ({ sessionId, vmId }: z.infer<typeof DoctorTarget>) => !(sessionId && vmId);
const ONE_TARGET = "name a session or a VM, not both";

/** The public API: REST on the controller. `/v1/sessions` is the resource that users know. */
export const apiRoutes = {
  ...lifecycleRoutes,
  ...poolRoutes,
  ...sessionFileRoutes,
  ...clipboardRoutes,
  ...egressRoutes,
  ...sharingRoutes,
  ...connectionRoutes,
  ...profileRoutes,
  ...vaultRoutes,
  ...signinRoutes,
  ...loginRoutes,
  ...keyRoutes,
  ...peopleRoutes,

  health: route({
    method: "GET",
    path: "/healthz",
    summary: "Is the controller alive",
    access: "open",
    reply: z.object({ status: z.literal("ok") }),
  }),
  ready: route({
    method: "GET",
    path: "/readyz",
    summary: "Can it make sessions (hostd answers)",
    access: "open",
    reply: z.object({ status: z.literal("ok") }),
    errors: ["HOST_UNREACHABLE"],
  }),
  metrics: route({
    method: "GET",
    path: "/metrics",
    summary: "Numbers for Prometheus (text exposition format 0.0.4)",
    access: "host:read",
    reply: z.string(),
    kind: "text",
  }),
  openapi: route({
    method: "GET",
    path: "/openapi.json",
    summary: "This API as OpenAPI 3.1",
    access: "known",
    reply: z.record(z.string(), z.unknown()),
  }),

  createSession: route({
    method: "POST",
    path: "/v1/sessions",
    summary: "Start a browser in a VM of its own",
    access: "sessions:write",
    body: NewSession,
    reply: Session,
    status: 201,
    errors: [
      ...PROXY_CODES,
      ...VAULT_SHUT_CODES,
      "IMAGE_NOT_FOUND",
      "SLOTS_EXHAUSTED",
      "SESSION_LIMIT",
      "HOST_UNREACHABLE",
      "IDEMPOTENCY_CONFLICT",
      "ENVIRONMENT_INVALID",
    ],
  }),
  listSessions: route({
    method: "GET",
    path: "/v1/sessions",
    summary: "List sessions, newest first",
    access: "sessions:read",
    query: z.object({
      status: SessionStatus.optional(),
      project: ProjectName.optional(),
      cursor: z.string().max(200).optional(),
      limit: z.coerce.number().int().min(1).max(100).default(50),
    }),
    reply: SessionPage,
  }),
  getSession: route({
    method: "GET",
    path: "/v1/sessions/:id",
    summary: "One session",
    access: "sessions:view",
    params: Params,
    reply: Session,
    errors: ["SESSION_NOT_FOUND"],
  }),
  endSession: route({
    method: "DELETE",
    path: "/v1/sessions/:id",
    summary: "End a session; twice is fine",
    access: "sessions:write",
    params: Params,
    reply: Session,
    errors: ["SESSION_NOT_FOUND", "HOST_UNREACHABLE"],
  }),
  extendSession: route({
    method: "POST",
    path: "/v1/sessions/:id/extend",
    summary: "Let it live for so many seconds from now, or for its own time to live",
    access: "sessions:write",
    params: Params,
    body: Extend,
    reply: Session,
    errors: ["SESSION_NOT_FOUND", "SESSION_NOT_READY"],
  }),
  heartbeatSession: route({
    method: "POST",
    path: "/v1/sessions/:id/heartbeat",
    summary: "Say that somebody still uses it",
    access: "sessions:view",
    params: Params,
    reply: Session,
    errors: ["SESSION_NOT_FOUND"],
  }),
  navigateSession: route({
    method: "POST",
    path: "/v1/sessions/:id/navigate",
    summary: "Open a page in the browser",
    access: "sessions:write",
    params: Params,
    body: z.strictObject({ url: PageUrl }),
    reply: Empty,
    errors: ["SESSION_NOT_READY"],
  }),
  resizeSession: route({
    method: "POST",
    path: "/v1/sessions/:id/resize",
    summary: "Resize the display",
    access: "sessions:write",
    params: Params,
    body: Resize,
    reply: Resize,
    errors: ["SESSION_NOT_READY"],
  }),
  screenshot: route({
    method: "GET",
    path: "/v1/sessions/:id/screenshot",
    summary: "The display as PNG",
    access: "sessions:view",
    params: Params,
    reply: Bytes,
    kind: "png",
    errors: ["SESSION_NOT_READY"],
  }),
  sessionLogs: route({
    method: "GET",
    path: "/v1/sessions/:id/logs",
    summary: "Log lines; `follow` keeps the reply open",
    access: "sessions:read",
    params: Params,
    query: LogQuery,
    reply: Stream,
    kind: "ndjson",
    errors: ["SESSION_NOT_FOUND"],
  }),
  execInSession: route({
    method: "POST",
    path: "/v1/sessions/:id/exec",
    summary: "Run a command in the VM",
    access: "sessions:write",
    params: Params,
    body: ExecWithConnections,
    reply: Stream,
    kind: "ndjson",
    errors: ["SESSION_NOT_READY", ...TOKEN_ERRORS],
  }),
  sessionNetwork: route({
    method: "GET",
    path: "/v1/sessions/:id/network",
    summary: "The network's proof, with evidence",
    access: "sessions:view",
    params: Params,
    reply: z.object({ gate: GateReport.nullable() }),
    errors: ["SESSION_NOT_FOUND"],
  }),
  authorizeSessionKey: route({
    method: "POST",
    path: "/v1/sessions/:id/ssh-keys",
    summary: "Let a public key in over SSH",
    access: "sessions:write",
    params: Params,
    body: AuthorizeKey,
    reply: z.object({ hostKeys: z.array(z.string()) }),
    errors: ["SESSION_NOT_READY"],
  }),
  sessionEvents: route({
    method: "GET",
    path: "/v1/sessions/:id/events",
    summary: "Events of one session (SSE, resumable by Last-Event-ID)",
    access: "sessions:view",
    params: Params,
    query: z.object({ after: z.coerce.number().int().nonnegative().optional() }),
    reply: Stream,
    kind: "sse",
    errors: ["SESSION_NOT_FOUND"],
  }),
  events: route({
    method: "GET",
    path: "/v1/events",
    summary: "Events of all sessions (SSE, resumable by Last-Event-ID)",
    access: "sessions:read",
    query: z.object({ after: z.coerce.number().int().nonnegative().optional() }),
    reply: Stream,
    kind: "sse",
  }),
  /**
   * A WebSocket of RFB bytes. Only the input of who has the control passes. `viewer`: the id under which it is among the
   * viewers; who comes again with it within seconds finds its place as it was. Without it one is made.
   */
  sessionVnc: route({
    method: "GET",
    path: "/v1/sessions/:id/vnc",
    summary: "The display over WebSocket (RFB)",
    access: "sessions:view",
    params: Params,
    query: z.object({ viewer: ViewerId.optional() }),
    reply: Stream,
    kind: "upgrade",
    errors: ["SESSION_NOT_READY", "ORIGIN_REFUSED", "TOO_MANY_VIEWERS"],
  }),
  /**
   * A WebSocket: text messages are ViewerMessage and GatewayMessage (JSON), binary ones are frames (media/wire.ts).
   * `viewer` as in `sessionVnc`. Nothing is captured while nobody has chosen a rung with video.
   */
  sessionLive: route({
    method: "GET",
    path: "/v1/sessions/:id/live",
    summary: "Video and sound over WebSocket, and the signalling of WebRTC",
    access: "sessions:view",
    params: Params,
    query: z.object({ viewer: ViewerId.optional() }),
    reply: Stream,
    kind: "upgrade",
    errors: ["SESSION_NOT_READY", "ORIGIN_REFUSED", "TOO_MANY_VIEWERS", "GATEWAY_UNREACHABLE"],
  }),
  sessionLiveReport: route({
    method: "GET",
    path: "/v1/sessions/:id/live/report",
    summary: "How picture and sound travel: the source's and each viewer's numbers",
    access: "sessions:read",
    params: Params,
    reply: StreamReport,
    errors: ["SESSION_NOT_FOUND", "GATEWAY_UNREACHABLE"],
  }),
  /** A WebSocket of raw bytes to a guest service, e.g. for `ssh -o ProxyCommand`. */
  sessionStream: route({
    method: "GET",
    path: "/v1/sessions/:id/streams/:service",
    summary: "A guest service over WebSocket (raw bytes)",
    access: "sessions:write",
    params: z.object({ id: SessionId, service: StreamService }),
    reply: Stream,
    kind: "upgrade",
    errors: ["SESSION_NOT_FOUND", "SESSION_NOT_READY", "STREAM_UNAVAILABLE", "CLIPBOARD_CLOSED"],
  }),
  host: route({
    method: "GET",
    path: "/v1/host",
    summary: "The machine: accelerator, network, images",
    access: "host:read",
    reply: HostInfo,
    errors: ["HOST_UNREACHABLE"],
  }),
  hostNetwork: route({
    method: "GET",
    path: "/v1/host/network",
    summary: "The bridge, what is plugged into it (with its session), and what was repaired",
    access: "host:inspect",
    reply: HostPicture,
    errors: ["HOST_UNREACHABLE"],
  }),
  sessionEvidence: route({
    method: "GET",
    path: "/v1/sessions/:id/evidence",
    summary: "What was kept when the session's VM failed (tar), also after its end",
    access: "sessions:read",
    params: Params,
    reply: Bytes,
    kind: "tar",
    errors: ["SESSION_NOT_FOUND", "EVIDENCE_NOT_FOUND", "HOST_UNREACHABLE"],
  }),
  /** A VM by its id, and the whole host, need `host:inspect` besides. */
  doctor: route({
    method: "POST",
    path: "/v1/doctor",
    summary: "Look at a session's whole path, or (host:inspect) at a VM's or the whole host; changes nothing",
    access: "sessions:write",
    body: DoctorTarget.refine(isOneTarget, ONE_TARGET),
    reply: DoctorReport,
    errors: ["SESSION_NOT_FOUND", "SESSION_NOT_READY", "SESSION_OVER", "VM_NOT_FOUND", "HOST_UNREACHABLE"],
  }),
  doctorFix: route({
    method: "POST",
    path: "/v1/doctor/fix",
    summary: "What would be repaired by itself, or (apply) do it and look again",
    access: "host:write",
    body: DoctorTarget.extend({
      /** False: only tell what would be done. */
      apply: z.boolean().default(false),
    }).refine(isOneTarget, ONE_TARGET),
    reply: DoctorFixReport,
    errors: ["SESSION_NOT_FOUND", "SESSION_NOT_READY", "SESSION_OVER", "VM_NOT_FOUND", "HOST_UNREACHABLE"],
  }),
} as const;
