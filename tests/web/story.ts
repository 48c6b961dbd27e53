import {
  type Evidence,
  GATE_STEPS,
  type GateReport,
  type GateStep,
  type GateStepId,
  GateStep as GateStepSchema,
  type Reason,
} from "@browservm/contract";

/** Evidence as a real gate writes it, so that screenshots show the real thing. */
const SEEN: Readonly<Record<GateStepId, readonly [Evidence["source"], string, string][]>> = {
  R1: [
    ["database", "slot 7", "192.168.100.9/24 52:54:00:a1:00:07 bv-7"],
    ["arp", "who has 192.168.100.9", "no answer in 3 tries: nobody else is there"],
  ],
  R2: [
    [
      "netlink",
      "link bv-7",
      "bv-7: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master fcbr0 state UP owner 64007",
    ],
  ],
  R3: [["procfs", "holder of bv-7", "pid 48121 qemu-system-x86 fd 12 IFF_TAP|IFF_NO_PI|IFF_VNET_HDR"]],
  R4: [
    ["nft", "table bridge browservm", "generation 14, 23 rules as planned"],
    ["nft", "set spoof", '{ "bv-7" . 52:54:00:a1:00:07 . 192.168.100.9 }'],
  ],
  R5: [["control-channel", "eth0", "192.168.100.9/24 up carrier mtu 1500, default via 192.168.100.1"]],
  R6: [
    ["icmp", "host → 192.168.100.9", "3 of 3 answers, 0.61 ms"],
    ["icmp", "1472 bytes, do not fragment", "3 of 3 answers, 0.74 ms"],
  ],
  R7: [
    ["http", "http://192.168.100.9:8080/nonce", "200, this VM's nonce"],
    ["ssh", "192.168.100.9:22", "SSH-2.0-OpenSSH_9.2p1 Debian-2"],
  ],
  R8: [
    ["tcp", "guest → 169.254.169.254:80", "refused in 1 ms, as it must be"],
    ["tcp", "guest → canary 192.168.100.2:7", "unreachable, as it must be"],
  ],
  R10: [
    ["browser", "control pipe", "Chrome/142.0.7444.59, painted"],
    ["rfb", "frame 1280x720", "41 colours: not blank"],
  ],
  R9: [["icmp", "host → 192.168.100.9", "3 of 3 answers, 0.58 ms"]],
};

export interface Failing {
  readonly at: GateStepId;
  readonly reason: Reason;
}

/** One gate step as it was seen. */
export function gateStep(id: GateStepId, failing?: Failing): GateStep {
  const meta = GATE_STEPS.find((step) => step.id === id);
  const at = new Date().toISOString();
  const isFailed = failing?.at === id;
  return GateStepSchema.parse({
    ...meta,
    verdict: isFailed ? "fail" : "pass",
    startedAt: at,
    durationMs: 4 + ((Number(id.slice(1)) * 37) % 90),
    evidence: isFailed
      ? [
          {
            source: "icmp",
            subject: "host → 192.168.100.9",
            excerpt: "0 of 3 answers: Destination Host Unreachable",
            at,
          },
        ]
      : SEEN[id].map(([source, subject, excerpt]) => ({ source, subject, excerpt, at })),
    ...(isFailed ? { reason: failing.reason } : {}),
  });
}

/** A report in which all steps have passed. */
export function passedGate(vmId: string): GateReport {
  const at = new Date().toISOString();
  const steps = GATE_STEPS.map(({ id }) => gateStep(id));
  return { vmId, run: 1, verdict: "pass", accelerator: "tcg", startedAt: at, finishedAt: at, steps };
}
