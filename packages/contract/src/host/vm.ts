import { z } from "zod";
import { EgressPolicy } from "../egress/policy.ts";
import { GateReport, Reason } from "../gate.ts";
import { VmId } from "../ids.ts";
import { Ipv4, LinkName, MacAddress } from "../net.ts";
import { VmState } from "../states.ts";
import { ImageName } from "./image-name.ts";

/** Keys as in environment files; values are single lines (newline and NUL are refused by name). */
export const SessionEnvironment = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/),
  z.string().max(32_768),
);
export type SessionEnvironment = z.infer<typeof SessionEnvironment>;

export const Display = z.object({ width: z.int().min(320).max(3840), height: z.int().min(240).max(2160) });

/** What holds a guest apart from its machine: hardware of its own, real or emulated, or only the kernel of the machine. */
export const Isolation = z.enum(["vm", "container"]);
export type Isolation = z.infer<typeof Isolation>;

/** How a VM begins. `auto`: restored where its image can be frozen, else booted; `restore`: never booted. */
export const StartMode = z.enum(["auto", "boot", "restore"]);
export type StartMode = z.infer<typeof StartMode>;

/** What hostd needs to make one VM. The caller chooses the id, so that a repeated request makes no second VM. */
export const VmSpec = z.object({
  id: VmId,
  image: ImageName,
  vcpus: z.int().min(1).max(16),
  memoryMib: z.int().min(128).max(65_536),
  diskMib: z.int().min(64).max(262_144),
  display: Display,
  environment: SessionEnvironment,
  /** A VM whose gate fails is kept for inspection instead of being cleaned up. */
  keepFailed: z.boolean(),
  /** Records written before there were snapshots say nothing. */
  start: StartMode.default("auto"),
  /** Where it may go; absent: as this machine's network is set. */
  egress: EgressPolicy.optional(),
});
export type VmSpec = z.infer<typeof VmSpec>;
export const CreateVm = VmSpec.partial({
  vcpus: true,
  memoryMib: true,
  diskMib: true,
  display: true,
  environment: true,
  keepFailed: true,
  start: true,
});
export type CreateVm = z.infer<typeof CreateVm>;

export const VmAddress = z.object({
  slot: z.int().nonnegative(),
  tap: LinkName,
  mac: MacAddress,
  ip: Ipv4,
  prefix: z.int(),
  gateway: Ipv4,
});
export type VmAddress = z.infer<typeof VmAddress>;

export const LaunchStep = z.object({
  step: z.string(),
  status: z.enum(["running", "done", "failed"]),
  startedAt: z.iso.datetime(),
  durationMs: z.number().optional(),
});
export type LaunchStep = z.infer<typeof LaunchStep>;

/** What the last proof of a ready VM said; absent until the first one after the gate. */
export const VmHealth = z.object({
  at: z.iso.datetime(),
  verdict: z.enum(["healthy", "faults", "unknown"]),
  /** Root causes, as the doctor names them. */
  codes: z.array(z.string()),
});
export type VmHealth = z.infer<typeof VmHealth>;

/** How a VM came to run: booted, restored from a golden snapshot, or made from another VM. */
export const VmOrigin = z.enum(["boot", "snapshot", "fork"]);
export type VmOrigin = z.infer<typeof VmOrigin>;

/** What the guest did to become another machine than the one that was frozen, and how long each step took. */
export const TakenIdentity = z.object({
  clockStepMs: z.number(),
  steps: z.array(z.object({ step: z.string(), ms: z.number() })),
});
export type TakenIdentity = z.infer<typeof TakenIdentity>;

/** A start from its beginning until `ready`, and how much of it VMM and guest were waited for; the rest is hostd's. */
export const StartTiming = z.object({ totalMs: z.number(), waitedMs: z.number() });
export type StartTiming = z.infer<typeof StartTiming>;

/** What a paused VM keeps on disk. */
export const PausedVm = z.object({
  at: z.iso.datetime(),
  /** Bytes that its memory and device state take on disk, in MiB; less once they are compressed. */
  sizeMib: z.number().nonnegative(),
  compressed: z.boolean(),
});
export type PausedVm = z.infer<typeof PausedVm>;

export const Vm = z.object({
  id: VmId,
  state: VmState,
  image: z.string(),
  imageId: z.string().optional(),
  vcpus: z.int(),
  memoryMib: z.int(),
  hasBrowser: z.boolean(),
  driver: z.string(),
  accelerator: z.string(),
  isolation: Isolation.default("vm"),
  pid: z.int().optional(),
  address: VmAddress.optional(),
  bootId: z.string().optional(),
  createdAt: z.iso.datetime(),
  readyAt: z.iso.datetime().optional(),
  /** Absent until it is decided. */
  origin: VmOrigin.optional(),
  /** The golden snapshot that it was restored from. */
  snapshotId: z.string().optional(),
  identity: TakenIdentity.optional(),
  timing: StartTiming.optional(),
  /** When it was handed out, for a VM that was made ahead of demand. */
  claimedAt: z.iso.datetime().optional(),
  /** When R9, the second look, was passed: only then may a VM of a pool be claimed. */
  provenAt: z.iso.datetime().optional(),
  paused: PausedVm.optional(),
  reason: Reason.optional(),
  steps: z.array(LaunchStep),
  gate: GateReport.optional(),
  health: VmHealth.optional(),
});
export type Vm = z.infer<typeof Vm>;

export const HostInfo = z.object({
  version: z.string(),
  hostname: z.string(),
  pid: z.int(),
  startedAt: z.iso.datetime(),
  accelerator: z.object({ name: z.string(), driver: z.string(), reason: z.string() }),
  /** Of VMs that are made from now on. */
  isolation: Isolation.default("vm"),
  network: z.object({
    namespace: z.enum(["isolated", "host"]),
    bridge: z.string(),
    cidr: z.string(),
    gateway: z.string(),
    uplink: z.string(),
    mtu: z.int(),
    slots: z.object({ total: z.int(), used: z.int(), resting: z.int() }),
    warnings: z.array(z.string()),
  }),
  images: z.array(
    z.object({
      name: z.string(),
      id: z.string(),
      hasBrowser: z.boolean(),
      /** What a VM of it gets that asks for nothing else. */
      defaults: z.object({ vcpus: z.int(), memoryMib: z.int() }).optional(),
    }),
  ),
  vms: z.int(),
  memory: z.object({
    totalMib: z.int(),
    /** What new VMs may take (MemAvailable, proc_meminfo(5)). */
    availableMib: z.int(),
  }),
  /** Whether VMs can be frozen and restored, and why (not). */
  snapshots: z.object({ usable: z.boolean(), reason: z.string() }),
});
export type HostInfo = z.infer<typeof HostInfo>;
