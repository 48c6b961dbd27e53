import { z } from "zod";
import { GateReport, Reason } from "../gate.ts";
import { VmId } from "../ids.ts";
import { Ipv4, LinkName, MacAddress } from "../net.ts";
import { VmState } from "../states.ts";

/** Keys as in environment files; values are single lines (newline and NUL are refused by name). */
export const SessionEnvironment = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/),
  z.string().max(32_768),
);
export type SessionEnvironment = z.infer<typeof SessionEnvironment>;

export const Display = z.object({ width: z.int().min(320).max(3840), height: z.int().min(240).max(2160) });

/** What hostd needs to make one VM. The caller chooses the id, so that a repeated request makes no second VM. */
export const VmSpec = z.object({
  id: VmId,
  image: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/),
  vcpus: z.int().min(1).max(16),
  memoryMib: z.int().min(128).max(65_536),
  diskMib: z.int().min(64).max(262_144),
  display: Display,
  environment: SessionEnvironment,
  /** A VM whose gate fails is kept for inspection instead of being cleaned up. */
  keepFailed: z.boolean(),
});
export type VmSpec = z.infer<typeof VmSpec>;
export const CreateVm = VmSpec.partial({
  vcpus: true,
  memoryMib: true,
  diskMib: true,
  display: true,
  environment: true,
  keepFailed: true,
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
  pid: z.int().optional(),
  address: VmAddress.optional(),
  bootId: z.string().optional(),
  createdAt: z.iso.datetime(),
  readyAt: z.iso.datetime().optional(),
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
  images: z.array(z.object({ name: z.string(), id: z.string(), hasBrowser: z.boolean() })),
  vms: z.int(),
});
export type HostInfo = z.infer<typeof HostInfo>;
