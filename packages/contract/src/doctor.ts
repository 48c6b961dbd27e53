import { z } from "zod";
import { Evidence } from "./gate.ts";
import { VmId } from "./ids.ts";

/** From the outside in: where on the way of a packet a fault sits. */
export const DOCTOR_LAYERS = [
  "host",
  "vmm",
  "tap",
  "bridge",
  "address",
  "firewall",
  "guest",
  "egress",
  "dns",
  "mtu",
  "service",
  "live",
] as const;
export const DoctorLayer = z.enum(DOCTOR_LAYERS);
export type DoctorLayer = z.infer<typeof DoctorLayer>;

/** `unknown` means that it could not be looked at; it is never a pass. `skip`: the question does not arise. */
export const DoctorVerdict = z.enum(["pass", "warn", "fail", "skip", "unknown"]);
export type DoctorVerdict = z.infer<typeof DoctorVerdict>;

/** Kebab-case, never re-used for another question. */
export const DoctorCode = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/);
export type DoctorCode = z.infer<typeof DoctorCode>;

export const DoctorFix = z.object({
  /** `auto`: hostd does it by itself or on `--fix`; `command`: a person runs `commands`; `restart`: only a new VM helps. */
  kind: z.enum(["auto", "command", "manual", "restart"]),
  /** What to do, in one sentence. */
  text: z.string().max(1000),
  /** As a person would type them, as root, in the network namespace of the VMs unless they say otherwise. */
  commands: z.array(z.string().max(500)).max(10),
  /** What it may interrupt; "none" when nothing. */
  risk: z.string().max(300),
});
export type DoctorFix = z.infer<typeof DoctorFix>;

/** The answer to one question about the host or about one VM. */
export const DoctorFinding = z.object({
  code: DoctorCode,
  layer: DoctorLayer,
  /** A sentence that is true when the check passes. */
  title: z.string(),
  verdict: DoctorVerdict,
  /** Absent: it is about the host. */
  vmId: VmId.optional(),
  /** With `warn`, `fail` and `unknown`: why, in one sentence. */
  cause: z.string().max(1000).optional(),
  evidence: z.array(Evidence).max(40),
  fix: DoctorFix.optional(),
  /** Codes of the root causes under which this one is only a symptom. */
  suppressedBy: z.array(DoctorCode),
});
export type DoctorFinding = z.infer<typeof DoctorFinding>;

/** Where the packets of a dead path were last seen, by the counters of the probe. */
export const LastSeen = z.object({
  vmId: VmId,
  at: z.enum(["host", "bridge", "tap", "guest"]),
  words: z.string().max(500),
});
export type LastSeen = z.infer<typeof LastSeen>;

export const DoctorReport = z.object({
  version: z.literal(1),
  runId: z.string(),
  at: z.iso.datetime(),
  /** `machine`: asked without hostd; `host`: hostd's network and every VM; `vm`: one VM's whole path. */
  subject: z.enum(["machine", "host", "vm"]),
  vmId: VmId.optional(),
  /** `healthy` may have warnings. */
  verdict: z.enum(["healthy", "faults", "unknown"]),
  /** Codes of failed findings that no other finding explains, each once. */
  rootCauses: z.array(DoctorCode),
  findings: z.array(DoctorFinding),
  /** For each VM with a dead path that no check explains. */
  lastSeen: z.array(LastSeen),
  /** Milliseconds: reading the one snapshot, probing, all of it. */
  timing: z.object({ snapshotMs: z.number(), probeMs: z.number(), totalMs: z.number() }),
});
export type DoctorReport = z.infer<typeof DoctorReport>;

/** What hostd would do, or did, about the `auto` findings of a report, and what was seen afterwards. */
export const DoctorFixReport = z.object({
  before: DoctorReport,
  /** One line per step, as planned; empty when nothing can be done by itself. */
  steps: z.array(
    z.object({ code: DoctorCode, words: z.string(), done: z.boolean(), error: z.string().optional() }),
  ),
  /** Absent when it was only asked what would be done. */
  after: DoctorReport.optional(),
});
export type DoctorFixReport = z.infer<typeof DoctorFixReport>;

export const DoctorRequest = z.strictObject({ vmId: VmId.optional() });
export const DoctorFixRequest = z.strictObject({
  vmId: VmId.optional(),
  /** False: only tell what would be done. */
  apply: z.boolean().default(false),
});
