import { z } from "zod";
import { route } from "../define-route.ts";
import { DoctorFixReport, DoctorReport } from "../doctor.ts";
import { GateReport } from "../gate.ts";
import { AuthorizeKey, LogQuery, Resize, StreamService } from "../host/routes.ts";
import { HostInfo } from "../host/vm.ts";
import { ApiKeyId, SessionId, ViewerId, VmId } from "../ids.ts";
import { StreamReport } from "../media/viewer-messages.ts";
import { SessionStatus } from "../states.ts";
import { connectionRoutes, ExecWithConnections, TOKEN_ERRORS } from "./connections.ts";
import { egressRoutes } from "./egress-routes.ts";
import { HostPicture } from "./host-picture.ts";
import { lifecycleRoutes } from "./lifecycle-routes.ts";
import { poolRoutes } from "./pool-routes.ts";
import { CreateSession, PageUrl, Session, SessionPage } from "./session.ts";
import { sessionFileRoutes } from "./session-files.ts";
import { sharingRoutes } from "./sharing.ts";
import { vaultRoutes } from "./vault.ts";

const Params = z.object({ id: SessionId });
const Empty = z.object({});
const Bytes = z.instanceof(Uint8Array);
const Stream = z.unknown();

/** Without a time to live of its own: what the session has, anew. */
export const Extend = CreateSession.pick({ ttlSeconds: true });

export const ApiKey = z.object({
  id: ApiKeyId,
  name: z.string(),
  prefix: z.string(),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable(),
});
export type ApiKey = z.infer<typeof ApiKey>;

/** Who is asking, and what a page needs to know to start. */
export const Me = z.object({
  role: z.enum(["admin", "user", "view"]),
  csrfToken: z.string().nullable(),
  version: z.string(),
  publicUrl: z.string(),
});
export type Me = z.infer<typeof Me>;

/** Neither: the whole host. */
const DoctorTarget = z.strictObject({ sessionId: SessionId.optional(), vmId: VmId.optional() });
const isOneTarget = ({ sessionId, vmId }: z.infer<typeof DoctorTarget>) => !(sessionId && vmId);
const ONE_TARGET = "name a session or a VM, not both";

/** The public API: REST on the controller. `/v1/sessions` is the resource that users know. */
export const apiRoutes = {
  ...lifecycleRoutes,
  ...poolRoutes,
  ...sessionFileRoutes,
  ...egressRoutes,
  ...sharingRoutes,
  ...connectionRoutes,
  ...vaultRoutes,

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
  login: route({
    method: "POST",
    path: "/v1/login",
    summary: "Exchange a one-time token for a cookie",
    access: "open",
    body: z.strictObject({ token: z.string().max(256) }),
    reply: Me,
    errors: ["LOGIN_TOKEN_SPENT", "RATE_LIMITED"],
  }),
  logout: route({
    method: "POST",
    path: "/v1/logout",
    summary: "Forget the cookie",
    access: "view",
    reply: Empty,
  }),
  metrics: route({
    method: "GET",
    path: "/metrics",
    summary: "Numbers for Prometheus (text exposition format 0.0.4)",
    reply: z.string(),
    kind: "text",
  }),
  openapi: route({
    method: "GET",
    path: "/openapi.json",
    summary: "This API as OpenAPI 3.1",
    access: "view",
    reply: z.record(z.string(), z.unknown()),
  }),
  me: route({ method: "GET", path: "/v1/me", summary: "Who is asking", access: "view", reply: Me }),
  createLoginToken: route({
    method: "POST",
    path: "/v1/login-tokens",
    summary: "Make a one-time sign-in link",
    access: "admin",
    reply: z.object({ token: z.string(), url: z.string(), expiresAt: z.iso.datetime() }),
    status: 201,
  }),
  createApiKey: route({
    method: "POST",
    path: "/v1/api-keys",
    summary: "Make an API key; the secret is shown once",
    access: "admin",
    body: z.strictObject({
      name: z.string().min(1).max(100),
      /** `admin` may also make keys and sign-in links. */
      role: z.enum(["admin", "user"]).default("user"),
    }),
    reply: ApiKey.extend({ secret: z.string() }),
    status: 201,
  }),
  listApiKeys: route({
    method: "GET",
    path: "/v1/api-keys",
    summary: "List API keys",
    access: "admin",
    reply: z.object({ data: z.array(ApiKey) }),
  }),
  removeApiKey: route({
    method: "DELETE",
    path: "/v1/api-keys/:id",
    summary: "Revoke an API key",
    access: "admin",
    params: z.object({ id: ApiKeyId }),
    reply: Empty,
  }),

  createSession: route({
    method: "POST",
    path: "/v1/sessions",
    summary: "Start a browser in a VM of its own",
    body: CreateSession,
    reply: Session,
    status: 201,
    errors: [
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
    query: z.object({
      status: SessionStatus.optional(),
      cursor: z.string().max(200).optional(),
      limit: z.coerce.number().int().min(1).max(100).default(50),
    }),
    reply: SessionPage,
  }),
  getSession: route({
    method: "GET",
    path: "/v1/sessions/:id",
    summary: "One session",
    access: "view",
    params: Params,
    reply: Session,
    errors: ["SESSION_NOT_FOUND"],
  }),
  endSession: route({
    method: "DELETE",
    path: "/v1/sessions/:id",
    summary: "End a session; twice is fine",
    params: Params,
    reply: Session,
    errors: ["SESSION_NOT_FOUND", "HOST_UNREACHABLE"],
  }),
  extendSession: route({
    method: "POST",
    path: "/v1/sessions/:id/extend",
    summary: "Let it live for so many seconds from now, or for its own time to live",
    params: Params,
    body: Extend,
    reply: Session,
    errors: ["SESSION_NOT_FOUND", "SESSION_NOT_READY"],
  }),
  heartbeatSession: route({
    method: "POST",
    path: "/v1/sessions/:id/heartbeat",
    summary: "Say that somebody still uses it",
    access: "view",
    params: Params,
    reply: Session,
    errors: ["SESSION_NOT_FOUND"],
  }),
  navigateSession: route({
    method: "POST",
    path: "/v1/sessions/:id/navigate",
    summary: "Open a page in the browser",
    params: Params,
    body: z.strictObject({ url: PageUrl }),
    reply: Empty,
    errors: ["SESSION_NOT_READY"],
  }),
  resizeSession: route({
    method: "POST",
    path: "/v1/sessions/:id/resize",
    summary: "Resize the display",
    params: Params,
    body: Resize,
    reply: Resize,
    errors: ["SESSION_NOT_READY"],
  }),
  screenshot: route({
    method: "GET",
    path: "/v1/sessions/:id/screenshot",
    summary: "The display as PNG",
    access: "view",
    params: Params,
    reply: Bytes,
    kind: "png",
    errors: ["SESSION_NOT_READY"],
  }),
  sessionLogs: route({
    method: "GET",
    path: "/v1/sessions/:id/logs",
    summary: "Log lines; `follow` keeps the reply open",
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
    access: "view",
    params: Params,
    reply: z.object({ gate: GateReport.nullable() }),
    errors: ["SESSION_NOT_FOUND"],
  }),
  authorizeSessionKey: route({
    method: "POST",
    path: "/v1/sessions/:id/ssh-keys",
    summary: "Let a public key in over SSH",
    params: Params,
    body: AuthorizeKey,
    reply: z.object({ hostKeys: z.array(z.string()) }),
    errors: ["SESSION_NOT_READY"],
  }),
  sessionEvents: route({
    method: "GET",
    path: "/v1/sessions/:id/events",
    summary: "Events of one session (SSE, resumable by Last-Event-ID)",
    access: "view",
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
    access: "view",
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
    access: "view",
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
    params: Params,
    reply: StreamReport,
    errors: ["SESSION_NOT_FOUND", "GATEWAY_UNREACHABLE"],
  }),
  /** A WebSocket of raw bytes to a guest service, e.g. for `ssh -o ProxyCommand`. */
  sessionStream: route({
    method: "GET",
    path: "/v1/sessions/:id/streams/:service",
    summary: "A guest service over WebSocket (raw bytes)",
    params: z.object({ id: SessionId, service: StreamService }),
    reply: Stream,
    kind: "upgrade",
    errors: ["SESSION_NOT_READY", "STREAM_UNAVAILABLE"],
  }),
  host: route({
    method: "GET",
    path: "/v1/host",
    summary: "The machine: accelerator, network, images",
    reply: HostInfo,
    errors: ["HOST_UNREACHABLE"],
  }),
  hostNetwork: route({
    method: "GET",
    path: "/v1/host/network",
    summary: "The bridge, what is plugged into it (with its session), and what was repaired",
    access: "admin",
    reply: HostPicture,
    errors: ["HOST_UNREACHABLE"],
  }),
  sessionEvidence: route({
    method: "GET",
    path: "/v1/sessions/:id/evidence",
    summary: "What was kept when the session's VM failed (tar), also after its end",
    params: Params,
    reply: Bytes,
    kind: "tar",
    errors: ["SESSION_NOT_FOUND", "EVIDENCE_NOT_FOUND", "HOST_UNREACHABLE"],
  }),
  /** A session needs the role `user`; a VM by its id, and the whole host, need `admin`. */
  doctor: route({
    method: "POST",
    path: "/v1/doctor",
    summary: "Look at a session's whole path, or (admin) at a VM's or the whole host; changes nothing",
    body: DoctorTarget.refine(isOneTarget, ONE_TARGET),
    reply: DoctorReport,
    errors: ["SESSION_NOT_FOUND", "SESSION_NOT_READY", "SESSION_OVER", "VM_NOT_FOUND", "HOST_UNREACHABLE"],
  }),
  doctorFix: route({
    method: "POST",
    path: "/v1/doctor/fix",
    summary: "What would be repaired by itself, or (apply) do it and look again",
    access: "admin",
    body: DoctorTarget.extend({
      /** False: only tell what would be done. */
      apply: z.boolean().default(false),
    }).refine(isOneTarget, ONE_TARGET),
    reply: DoctorFixReport,
    errors: ["SESSION_NOT_FOUND", "SESSION_NOT_READY", "SESSION_OVER", "VM_NOT_FOUND", "HOST_UNREACHABLE"],
  }),
} as const;
