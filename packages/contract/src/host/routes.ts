import { z } from "zod";
import { hostRoute as route } from "../define-route.ts";
import { DoctorFixReport, DoctorFixRequest, DoctorReport, DoctorRequest } from "../doctor.ts";
import { EgressPolicy, SetVmEgress } from "../egress/policy.ts";
import { ProxyCredentials } from "../egress/proxy.ts";
import { EgressReport } from "../egress/report.ts";
import { PROXY_CODES } from "../egress-errors.ts";
import { ProxyCredentialsId, VmId } from "../ids.ts";
import { vmClipboardRoutes } from "./clipboard-routes.ts";
import { vmFileRoutes } from "./file-routes.ts";
import { NetworkPicture } from "./network-picture.ts";
import { vmProfileRoutes } from "./profile-routes.ts";
import { SecretFiles } from "./secrets.ts";
import { vmSigninRoutes } from "./signin-routes.ts";
import { Snapshot, SnapshotId, SnapshotRequest } from "./snapshot.ts";
import { CreateVm, Display, HostInfo, SessionEnvironment, Vm } from "./vm.ts";

const VmParams = z.object({ id: VmId });

export const LogSource = z.enum(["agent", "journal", "console", "vmm"]);
export type LogSource = z.infer<typeof LogSource>;

export const ExecRequest = z.object({
  command: z.array(z.string().max(65_536)).min(1).max(256),
  cwd: z.string().max(4096).optional(),
  env: z.record(z.string(), z.string()).optional(),
  user: z.enum(["browser", "root"]).default("browser"),
  timeoutMs: z.int().min(100).max(3_600_000).default(60_000),
  stdin: z.string().max(1_048_576).optional(),
});

/** One line of the exec reply (NDJSON): output as base64, or the end. */
export const ExecFrame = z.discriminatedUnion("type", [
  z.object({ type: z.literal("output"), stream: z.enum(["stdout", "stderr"]), data: z.string() }),
  z.object({
    type: z.literal("exit"),
    code: z.int().nullable(),
    signal: z.string().nullable(),
    truncated: z.boolean(),
  }),
  z.object({ type: z.literal("error"), problem: z.unknown() }),
]);
export type ExecFrame = z.infer<typeof ExecFrame>;

/** One log line (NDJSON); control characters are already removed. */
export const LogLine = z.object({ source: LogSource, line: z.string() });
export type LogLine = z.infer<typeof LogLine>;

export const LogQuery = z.object({
  source: LogSource.default("agent"),
  lines: z.coerce.number().int().min(1).max(1000).default(200),
  follow: z.stringbool().default(false),
});

/** Named guest services that `stream` reaches; `port-N` is a TCP port of the VM's own address. */
export const StreamService = z.union([
  z.enum(["vnc", "ssh", "agent", "cdp", "media"]),
  z.string().regex(/^port-[1-9][0-9]{0,4}$/),
]);
export type StreamService = z.infer<typeof StreamService>;

export const Navigate = z.object({ url: z.url({ protocol: /^(https?|about|file|data)$/ }).max(8192) });
export const Resize = z.object({ width: z.int().min(320).max(3840), height: z.int().min(240).max(2160) });
export const AuthorizeKey = z.object({
  publicKey: z
    .string()
    .regex(/^(ssh-ed25519|ecdsa-sha2-nistp256) [A-Za-z0-9+/=]{40,400}( [\x21-\x7e]{1,100})?$/),
});

/** Who takes a VM that was made ahead of demand, and what it is to be for them. */
export const ClaimVm = z.strictObject({
  /** The same claim twice is fine; another one is VM_CLAIMED. */
  claim: z.string().regex(/^[a-z0-9_]{1,64}$/),
  display: Display.optional(),
  environment: SessionEnvironment.optional(),
  /** In force before the answer. */
  egress: EgressPolicy.optional(),
});
export type ClaimVm = z.infer<typeof ClaimVm>;

export const ForkVm = z.strictObject({
  /** Of the new VM; the caller chooses it, as for `createVm`. */
  id: VmId,
  keepFailed: z.boolean().optional(),
});
export type ForkVm = z.infer<typeof ForkVm>;

const Bytes = z.instanceof(Uint8Array);
const Stream = z.unknown();
const Empty = z.object({});

/** hostd's API: HTTP on a unix socket. It accepts no paths of this machine. */
export const hostRoutes = {
  ...vmFileRoutes,
  ...vmClipboardRoutes,
  ...vmSigninRoutes,
  ...vmProfileRoutes,
  getHost: route({
    method: "GET",
    path: "/v1/host",
    summary: "This machine: accelerator, network, images",
    reply: HostInfo,
  }),
  listVms: route({
    method: "GET",
    path: "/v1/vms",
    summary: "Every VM of this machine",
    reply: z.object({ data: z.array(Vm) }),
  }),
  createVm: route({
    method: "POST",
    path: "/v1/vms",
    summary: "Make a VM; its launch goes on in the background and is told by events",
    body: CreateVm,
    reply: Vm,
    status: 202,
    errors: ["IMAGE_NOT_FOUND", "SLOTS_EXHAUSTED", "ENVIRONMENT_INVALID", "VM_CONFLICT", "STATE_DAMAGED"],
  }),
  getVm: route({
    method: "GET",
    path: "/v1/vms/:id",
    summary: "One VM with its gate",
    params: VmParams,
    reply: Vm,
    errors: ["VM_NOT_FOUND"],
  }),
  removeVm: route({
    method: "DELETE",
    path: "/v1/vms/:id",
    summary: "Stop the VM and remove all that belongs to it; answers when it is gone",
    params: VmParams,
    query: z.object({ graceMs: z.coerce.number().int().min(0).max(60_000).default(0) }),
    reply: Empty,
    errors: ["VM_NOT_FOUND"],
  }),
  claimVm: route({
    method: "POST",
    path: "/v1/vms/:id/claim",
    summary:
      "Hand out a VM that was made ahead of demand; its settings follow in the background (step `settings`)",
    params: VmParams,
    body: ClaimVm,
    reply: Vm,
    errors: ["VM_NOT_FOUND", "VM_NOT_READY", "VM_CLAIMED", "VM_UNFIT", "ENVIRONMENT_INVALID", ...PROXY_CODES],
  }),
  vmEgress: route({
    method: "GET",
    path: "/v1/vms/:id/egress",
    summary: "Where the VM may go, and what came of it",
    params: VmParams,
    reply: EgressReport,
    errors: ["VM_NOT_FOUND"],
  }),
  setVmEgress: route({
    method: "PUT",
    path: "/v1/vms/:id/egress",
    summary: "Set where the VM may go (null: as the network is set); answers when it is in force",
    params: VmParams,
    body: SetVmEgress,
    reply: EgressReport,
    errors: ["VM_NOT_FOUND", "FIREWALL_REFUSED", ...PROXY_CODES],
  }),
  putProxyCredentials: route({
    method: "PUT",
    path: "/v1/proxy-credentials/:id",
    summary: "Tell the credentials of a proxy; hostd has them in memory only",
    params: z.object({ id: ProxyCredentialsId }),
    body: ProxyCredentials,
    reply: Empty,
  }),
  pauseVm: route({
    method: "POST",
    path: "/v1/vms/:id/pause",
    summary: "Write memory and state to disk and free the memory; answers when the VM is paused",
    params: VmParams,
    reply: Vm,
    errors: ["VM_NOT_FOUND", "VM_NOT_READY", "SNAPSHOT_UNSUPPORTED", "DISK_FULL"],
  }),
  resumeVm: route({
    method: "POST",
    path: "/v1/vms/:id/resume",
    summary: "Let a paused VM go on; how it does is told by events",
    params: VmParams,
    reply: Vm,
    status: 202,
    errors: ["VM_NOT_FOUND", "VM_NOT_PAUSED", "SNAPSHOT_DAMAGED", "SNAPSHOT_MISMATCH", "HOST_OUT_OF_MEMORY"],
  }),
  forkVm: route({
    method: "POST",
    path: "/v1/vms/:id/fork",
    summary: "Make a second VM from a running or paused one, with an identity of its own",
    params: VmParams,
    body: ForkVm,
    reply: Vm,
    status: 202,
    errors: [
      "VM_NOT_FOUND",
      "VM_NOT_READY",
      "VM_CONFLICT",
      "SNAPSHOT_UNSUPPORTED",
      "SLOTS_EXHAUSTED",
      "DISK_FULL",
    ],
  }),
  listSnapshots: route({
    method: "GET",
    path: "/v1/snapshots",
    summary: "Golden snapshots, also those under construction",
    reply: z.object({ data: z.array(Snapshot) }),
  }),
  makeSnapshot: route({
    method: "POST",
    path: "/v1/snapshots",
    summary: "Boot an image once and freeze it; one that is there, or under construction, is answered",
    body: SnapshotRequest,
    reply: Snapshot,
    status: 202,
    errors: ["IMAGE_NOT_FOUND", "SNAPSHOT_UNSUPPORTED"],
  }),
  removeSnapshot: route({
    method: "DELETE",
    path: "/v1/snapshots/:id",
    summary: "Remove a golden snapshot",
    params: z.object({ id: SnapshotId }),
    reply: Empty,
    errors: ["SNAPSHOT_NOT_FOUND", "SNAPSHOT_IN_USE"],
  }),
  execInVm: route({
    method: "POST",
    path: "/v1/vms/:id/exec",
    summary: "Run a command in the guest",
    params: VmParams,
    body: ExecRequest,
    reply: Stream,
    kind: "ndjson",
    errors: ["VM_NOT_READY"],
  }),
  vmLogs: route({
    method: "GET",
    path: "/v1/vms/:id/logs",
    summary: "Log lines of the VM",
    params: VmParams,
    query: LogQuery,
    reply: Stream,
    kind: "ndjson",
    errors: ["VM_NOT_FOUND"],
  }),
  vmScreenshot: route({
    method: "GET",
    path: "/v1/vms/:id/screenshot",
    summary: "The display as PNG",
    params: VmParams,
    reply: Bytes,
    kind: "png",
    errors: ["BROWSER_UNAVAILABLE", "VM_NOT_READY"],
  }),
  navigateVm: route({
    method: "POST",
    path: "/v1/vms/:id/navigate",
    summary: "Open a page in the browser",
    params: VmParams,
    body: Navigate,
    reply: Empty,
    errors: ["BROWSER_UNAVAILABLE", "VM_NOT_READY"],
  }),
  resizeVm: route({
    method: "POST",
    path: "/v1/vms/:id/resize",
    summary: "Resize the display",
    params: VmParams,
    body: Resize,
    reply: Resize,
    errors: ["BROWSER_UNAVAILABLE"],
  }),
  authorizeKey: route({
    method: "POST",
    path: "/v1/vms/:id/ssh-keys",
    summary: "Let a public key in over SSH",
    params: VmParams,
    body: AuthorizeKey,
    reply: z.object({ hostKeys: z.array(z.string()) }),
    errors: ["VM_NOT_READY"],
  }),
  putSecrets: route({
    method: "PUT",
    path: "/v1/vms/:id/secrets",
    summary: "Write files with secrets into the home of the browser's user, over the control channel",
    params: VmParams,
    body: z.strictObject({ files: SecretFiles }),
    reply: Empty,
    errors: ["VM_NOT_FOUND", "VM_NOT_READY", "GUEST_CALL_FAILED"],
  }),
  examine: route({
    method: "POST",
    path: "/v1/doctor",
    summary: "Look at the whole host, or at one VM's whole path; changes nothing",
    body: DoctorRequest,
    reply: DoctorReport,
    errors: ["VM_NOT_FOUND"],
  }),
  fix: route({
    method: "POST",
    path: "/v1/doctor/fix",
    summary: "What hostd would do about the faults it can repair, or (apply) do it and look again",
    body: DoctorFixRequest,
    reply: DoctorFixReport,
    errors: ["VM_NOT_FOUND"],
  }),
  networkPicture: route({
    method: "GET",
    path: "/v1/network",
    summary: "The bridge, what is plugged into it, and what was repaired",
    reply: NetworkPicture,
  }),
  vmEvidence: route({
    method: "GET",
    path: "/v1/vms/:id/evidence",
    summary: "What was kept when the VM failed: console, VMM log, journal, doctor's report, counters (tar)",
    params: VmParams,
    reply: Bytes,
    kind: "tar",
    errors: ["VM_NOT_FOUND", "EVIDENCE_NOT_FOUND"],
  }),
  hostEvents: route({
    method: "GET",
    path: "/v1/events",
    summary: "Events after a sequence number (SSE)",
    query: z.object({ after: z.coerce.number().int().nonnegative().optional() }),
    reply: Stream,
    kind: "sse",
  }),
  openStream: route({
    method: "GET",
    path: "/v1/vms/:id/streams/:service",
    summary: "Upgrade to a raw byte stream to a guest service",
    params: z.object({ id: VmId, service: StreamService }),
    reply: Stream,
    kind: "upgrade",
    errors: ["VM_NOT_READY", "STREAM_UNAVAILABLE", "STREAM_REFUSED"],
  }),
} as const;
