import { type DoctorFinding, type DoctorLayer, DoctorReport, type VmId } from "@browservm/contract";

/** Checks as the doctor makes them, so that screenshots show the real thing: [layer, code, how it should be]. */
const HOST_CHECKS: readonly (readonly [DoctorLayer, string, string])[] = [
  ["host", "network-settings", "The kernel's network settings are as planned"],
  ["host", "leftovers", "Nothing is left of dead VMs"],
  ["host", "link-manager", "No other program manages our links"],
  ["bridge", "bridge-missing", "The bridge exists"],
  ["bridge", "bridge-down", "The bridge is up"],
  ["bridge", "bridge-address", "The bridge has the gateway's address"],
  ["bridge", "bridge-mac", "The bridge has its planned MAC"],
  ["bridge", "bridge-stp", "STP is off"],
  ["bridge", "bridge-no-carrier", "The bridge has carrier when a VM is plugged in"],
  ["address", "route-overlap", "No other link has a route over our subnet"],
  ["address", "neighbour-table-full", "The neighbour table has room"],
  ["firewall", "rules-missing", "Our rules are loaded"],
  ["firewall", "rules-altered", "Our rules are as we wrote them"],
  ["firewall", "foreign-bridge-drop", "No foreign rule drops at the bridge"],
  ["firewall", "conntrack-full", "The connection table has room"],
  ["egress", "forwarding-off", "Packets are forwarded to the uplink"],
];
const VM_CHECKS: typeof HOST_CHECKS = [
  ["vmm", "vmm-dead", "The VMM lives"],
  ["tap", "tap-missing", "The TAP exists"],
  ["tap", "tap-orphan", "The TAP is plugged into the bridge"],
  ["tap", "tap-down", "The TAP is up"],
  ["tap", "port-blocked", "The port forwards"],
  ["tap", "port-not-isolated", "The port is isolated from other VMs"],
  ["address", "guest-ping-dead", "The guest answers ping"],
  ["address", "neighbour-wrong", "The neighbour entry has the VM's MAC"],
  ["guest", "guest-silent", "The guest answers on its control channel"],
  ["guest", "guest-panic", "The guest's kernel runs"],
  ["guest", "gateway-ping-dead", "The guest reaches the gateway"],
  ["dns", "dns-dead", "Names are resolved"],
  ["mtu", "path-mtu", "Full-size packets pass"],
  ["service", "guest-tcp-dead", "The agent's port answers"],
  ["service", "browser-dead", "The browser runs"],
];

const now = () => new Date().toISOString();
const passed = ([layer, code, title]: (typeof HOST_CHECKS)[number], vmId?: VmId): DoctorFinding => ({
  code,
  layer,
  title,
  verdict: "pass",
  evidence: [],
  suppressedBy: [],
  ...(vmId ? { vmId } : {}),
});

export interface Orphan {
  readonly vmId: VmId;
  readonly tap: string;
}

/** What is wrong with a host that is only told of. */
export interface Ills {
  readonly orphans: readonly Orphan[];
  readonly isBridgeDown: boolean;
  readonly areRulesMissing: boolean;
  /** Nobody could ask the guests. */
  readonly isGuestUnknown: boolean;
}

type Bad = Partial<DoctorFinding> & Pick<DoctorFinding, "code">;

/** Lays what is wrong over the checks that pass. */
function overlay(checks: readonly DoctorFinding[], bad: readonly Bad[]): DoctorFinding[] {
  return checks.map((check) => {
    const found = bad.find(({ code, vmId }) => code === check.code && vmId === check.vmId);
    return found ? { ...check, ...found } : check;
  });
}

const auto = (text: string, ...commands: string[]) => ({
  kind: "auto" as const,
  text,
  commands,
  risk: "none",
});

function orphanIlls({ vmId, tap }: Orphan): Bad[] {
  const at = now();
  const isSymptom = (code: string, cause: string): Bad => ({
    code,
    vmId,
    verdict: "fail",
    cause,
    suppressedBy: ["tap-orphan"],
    evidence: [{ source: "icmp", subject: "host → 192.168.100.9", excerpt: "0 of 3 answers", at }],
  });
  return [
    {
      code: "tap-orphan",
      vmId,
      verdict: "fail",
      cause: `${tap} exists and is up, but hangs on no bridge: what the VM sends goes nowhere.`,
      evidence: [
        {
          source: "netlink",
          subject: `link ${tap}`,
          excerpt: `${tap}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP, no master (planned: fcbr0)`,
          at,
        },
        { source: "counters", subject: tap, excerpt: "rx +8 packets during the probe, tx +0", at },
      ],
      fix: auto(
        "Plug it in again, isolated.",
        `ip link set ${tap} master fcbr0`,
        `bridge link set dev ${tap} isolated on`,
      ),
    },
    isSymptom("guest-ping-dead", "192.168.100.9 answers no ping."),
    isSymptom("gateway-ping-dead", "The guest does not reach 192.168.100.1."),
    isSymptom("guest-tcp-dead", "The agent's port 8080 times out."),
  ];
}

function hostIlls({ isBridgeDown, areRulesMissing }: Ills): Bad[] {
  const at = now();
  const found: Bad[] = [];
  if (isBridgeDown)
    found.push({
      code: "bridge-down",
      verdict: "fail",
      cause: "fcbr0 was set down: no VM reaches its gateway.",
      evidence: [
        { source: "netlink", subject: "link fcbr0", excerpt: "fcbr0: <BROADCAST,MULTICAST> state DOWN", at },
      ],
      fix: auto("Set it up again.", "ip link set fcbr0 up"),
    });
  if (areRulesMissing)
    found.push({
      code: "rules-missing",
      verdict: "fail",
      cause: "Our nftables tables are gone: nothing keeps the VMs from each other and from this network.",
      evidence: [{ source: "nft", subject: "list tables", excerpt: "(nothing)", at }],
      fix: auto("Load them again, in one piece."),
    });
  return found;
}

const UNKNOWN: Bad = {
  code: "guest-silent",
  verdict: "unknown",
  cause: "The control channel was not asked: its socket is not ours.",
};

/** The report on these VMs; without a subject, on the whole host. */
export function tellReport(vmIds: readonly VmId[], ills: Ills, subject?: VmId): DoctorReport {
  const ids = subject ? [subject] : vmIds;
  const orphans = ills.orphans.filter(({ vmId }) => ids.includes(vmId));
  const bad = [...hostIlls(ills), ...orphans.flatMap(orphanIlls)];
  const unknown = ills.isGuestUnknown ? ids.map((vmId) => ({ ...UNKNOWN, vmId })) : [];
  const checks = [
    ...HOST_CHECKS.map((check) => passed(check)),
    ...ids.flatMap((vmId) => VM_CHECKS.map((check) => passed(check, vmId))),
  ];
  const findings = overlay(checks, [...bad, ...unknown]);
  const roots = findings.filter(
    ({ verdict, suppressedBy }) => verdict === "fail" && suppressedBy.length === 0,
  );
  const isUnknown = unknown.length > 0 ? "unknown" : "healthy";
  return DoctorReport.parse({
    version: 1,
    runId: "run-1",
    at: now(),
    subject: subject ? "vm" : "host",
    ...(subject ? { vmId: subject } : {}),
    verdict: roots.length > 0 ? "faults" : isUnknown,
    rootCauses: [...new Set(roots.map(({ code }) => code))],
    findings,
    lastSeen: [],
    timing: { snapshotMs: 212, probeMs: 640, totalMs: 871 },
  });
}
