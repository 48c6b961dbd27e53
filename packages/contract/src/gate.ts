import { z } from "zod";

/** One observation: where it was read, what was seen, when. The excerpt is bounded and sanitised. */
export const Evidence = z.object({
  source: z.enum([
    "netlink",
    "nft",
    "procfs",
    "control-channel",
    "icmp",
    "arp",
    "tcp",
    "http",
    "ssh",
    "rfb",
    "browser",
    "database",
    "console",
    "sysctl",
    "iptables",
    "tc",
    "counters",
    "journal",
    "vmm",
    "config",
    "dns",
    "file",
    "process",
    "gateway",
  ]),
  /** What was looked at, in words of the field, e.g. "link bv-7". */
  subject: z.string().max(200),
  excerpt: z.string().max(2000),
  at: z.iso.datetime(),
});
export type Evidence = z.infer<typeof Evidence>;

export const GATE_STEPS = [
  { id: "R1", name: "plan", title: "Address, MAC and TAP are reserved, and nobody else answers there" },
  { id: "R2", name: "link", title: "TAP and bridge are as planned" },
  { id: "R3", name: "attach", title: "The VMM holds the TAP, with carrier and virtio headers" },
  { id: "R4", name: "firewall", title: "Our rules are loaded and this VM is in them" },
  { id: "R5", name: "guest", title: "The guest sees the address, route and gateway that were planned" },
  { id: "R6", name: "path", title: "ARP, ping and full-size packets pass both ways" },
  { id: "R7", name: "service", title: "This very VM answers on its ports" },
  { id: "R8", name: "policy", title: "What must be closed is closed, what must be open is open" },
  { id: "R10", name: "browser", title: "The browser obeys and paints" },
  { id: "R9", name: "stability", title: "It still holds two seconds later" },
] as const;
export type GateStepId = (typeof GATE_STEPS)[number]["id"];

/** `unknown` is never a pass. */
export const Verdict = z.enum(["pass", "fail", "skip", "unknown"]);
export type Verdict = z.infer<typeof Verdict>;

/** Why something is not well: a code of the error table, what happened, and a way out. */
export const Reason = z.object({
  code: z.string(),
  message: z.string(),
  fix: z.string(),
  /** Machine-readable facts of this failure, e.g. the console's last lines. */
  details: z.record(z.string(), z.unknown()).optional(),
});
export type Reason = z.infer<typeof Reason>;

export const GateStep = z.object({
  id: z.enum(GATE_STEPS.map(({ id }) => id)),
  name: z.string(),
  title: z.string(),
  verdict: Verdict,
  startedAt: z.iso.datetime(),
  durationMs: z.number().nonnegative(),
  evidence: z.array(Evidence).max(40),
  reason: Reason.optional(),
});
export type GateStep = z.infer<typeof GateStep>;

/** The proof that a VM is ready, or the step at which it was not. Kept with the VM. */
export const GateReport = z.object({
  vmId: z.string(),
  /** 1 for the launch; adoption after a restart runs it again and counts on. */
  run: z.int().positive(),
  verdict: z.enum(["running", "pass", "fail"]),
  accelerator: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().optional(),
  steps: z.array(GateStep),
});
export type GateReport = z.infer<typeof GateReport>;
