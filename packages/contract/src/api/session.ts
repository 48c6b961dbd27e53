import { z } from "zod";
import { DEFAULT_PROJECT, ProjectName } from "../access.ts";
import { ClipboardPolicy, OPEN_CLIPBOARD } from "../clipboard-policy.ts";
import { EgressPolicy, NewEgress } from "../egress/policy.ts";
import { Reason } from "../gate.ts";
import { ImageName } from "../host/image-name.ts";
import {
  Display,
  Isolation,
  LaunchStep,
  PausedVm,
  SessionEnvironment,
  StartMode,
  StartTiming,
  TakenIdentity,
  VmAddress,
  VmHealth,
  VmOrigin,
} from "../host/vm.ts";
import { SessionId, VmId } from "../ids.ts";
import { SessionStatus, VmState } from "../states.ts";
import { SessionProfile, WantedProfile } from "./profiles.ts";

/** Addresses that the browser in the VM may be sent to. */
export const PageUrl = z.url({ protocol: /^(https?|about|data)$/ }).max(8192);

const Labels = z.record(z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/), z.string().max(256));

export const CreateSession = z.strictObject({
  image: ImageName.default("browser"),
  /** Whose it is: the caller's project, where it has one, else `default`. */
  project: ProjectName.optional(),
  /** Opened as soon as the session is ready. */
  url: PageUrl.optional(),
  viewport: z.tuple([z.int().min(320).max(3840), z.int().min(240).max(2160)]).optional(),
  vcpus: z.int().min(1).max(16).optional(),
  memoryMib: z.int().min(128).max(65_536).optional(),
  environment: SessionEnvironment.optional(),
  labels: Labels.optional(),
  /** Seconds until the session ends by itself; `extend` and `heartbeat` push it on. */
  ttlSeconds: z.int().min(30).max(604_800).optional(),
  /** Seconds until it ends whatever happens; nothing pushes that on. */
  maxSeconds: z.int().min(30).max(2_592_000).optional(),
  /** Seconds without input or a call after which it is paused or ended; 0 = never. */
  idleSeconds: z.int().min(0).max(604_800).optional(),
  onIdle: z.enum(["pause", "end"]).optional(),
  start: StartMode.optional(),
  /** False: never a VM that was made ahead of demand. */
  pool: z.boolean().optional(),
  keepFailed: z.boolean().optional(),
  /** The browser profile that it begins with. */
  profile: WantedProfile.optional(),
  /** Where it may go; left out: what its pool says, or as the machine's network is set. */
  egress: EgressPolicy.optional(),
  /** Which way content may go between its clipboard and viewers' (left out: both); the machine's settings may allow less. */
  clipboard: ClipboardPolicy.partial().optional(),
});
export type CreateSession = z.infer<typeof CreateSession>;

/** The same as it is asked for. */
export const NewSession = CreateSession.extend({ egress: NewEgress.optional() });
export type NewSession = z.infer<typeof NewSession>;

export const SessionVm = z.object({
  id: VmId,
  state: VmState,
  accelerator: z.string(),
  isolation: Isolation.default("vm"),
  hasBrowser: z.boolean(),
  address: VmAddress.optional(),
  origin: VmOrigin.optional(),
  snapshotId: z.string().optional(),
  identity: TakenIdentity.optional(),
  timing: StartTiming.optional(),
  paused: PausedVm.optional(),
  steps: z.array(LaunchStep),
  gate: z.enum(["running", "pass", "fail"]).optional(),
  health: VmHealth.optional(),
});
export type SessionVm = z.infer<typeof SessionVm>;

/** When the session ends or is paused by itself. `offline` is pushed on by heartbeats, `idle` by whatever is done in it. */
export const SessionTimeouts = z.object({
  absoluteAt: z.iso.datetime().nullable(),
  /** Null while the session is paused, as is `idleAt`. */
  offlineAt: z.iso.datetime().nullable(),
  idleAt: z.iso.datetime().nullable(),
  onIdle: z.enum(["pause", "end"]),
});
export type SessionTimeouts = z.infer<typeof SessionTimeouts>;

export const Session = z.object({
  id: SessionId,
  status: SessionStatus,
  project: ProjectName.default(DEFAULT_PROJECT),
  image: z.string(),
  url: z.string().nullable(),
  labels: Labels,
  viewport: Display,
  /** Which way content may go between its clipboard and viewers'. */
  clipboard: ClipboardPolicy.default(OPEN_CLIPBOARD),
  createdAt: z.iso.datetime(),
  readyAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  /** The earliest of its time-outs that end it; null for a paused one that nothing ends by itself. */
  expiresAt: z.iso.datetime().nullable(),
  timeouts: SessionTimeouts,
  /** The pool that its VM was taken from. */
  pool: z.string().nullable(),
  /** The session that it was forked from. */
  forkOf: SessionId.nullable(),
  profile: SessionProfile.nullable().default(null),
  liveViewUrl: z.string(),
  reason: Reason.nullable(),
  vm: SessionVm.nullable(),
});
export type Session = z.infer<typeof Session>;

export const SessionPage = z.object({ data: z.array(Session), nextCursor: z.string().nullable() });
export type SessionPage = z.infer<typeof SessionPage>;
