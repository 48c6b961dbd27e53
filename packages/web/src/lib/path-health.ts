import type { DoctorFinding, DoctorLayer, DoctorReport, VmHealth } from "@browservm/contract";
import type { PartId, PartState } from "./path-picture.ts";

/** Without `live`: the way of a picture is no part of the network's path. */
const PART_OF_LAYER: Readonly<Record<Exclude<DoctorLayer, "live">, PartId>> = {
  host: "machine",
  vmm: "vmm",
  tap: "tap",
  bridge: "bridge",
  address: "path",
  firewall: "firewall",
  guest: "guest",
  egress: "uplink",
  dns: "uplink",
  mtu: "path",
  service: "agent",
};

/** Where in the picture a finding belongs; undefined: nowhere, only the whole report tells it. */
export function partOf({ layer, code }: Pick<DoctorFinding, "layer" | "code">): PartId | undefined {
  if (layer === "live") return undefined;
  return code.startsWith("browser-") ? "browser" : PART_OF_LAYER[layer];
}

/** Only a code is known until the doctor has looked: its first word mostly names the layer. */
const PART_OF_PREFIX: readonly (readonly [RegExp, PartId])[] = [
  [/^vmm-/, "vmm"],
  [/^(tap|port|vnet|checksum|no-carrier|mac-elsewhere)/, "tap"],
  [/^(bridge-netfilter|rules-|foreign-|legacy-|conntrack-|guest-spoofs)/, "firewall"],
  [/^(bridge|canary)/, "bridge"],
  [/^(route|rule|neighbour|address|path|guest-arp-dead|guest-ping-dead|gateway-)/, "path"],
  [/^(forwarding|masquerade|uplink|no-default|outside|dns)/, "uplink"],
  [/^browser-/, "browser"],
  [/^(agent|wrong-vm|unit|injected|environment|ssh|guest-tcp-dead)/, "agent"],
  [/^guest-/, "guest"],
];

const guessPart = (code: string): PartId =>
  PART_OF_PREFIX.find(([prefix]) => prefix.test(code))?.[1] ?? "machine";

const isNewer = (health: VmHealth, report: DoctorReport) => Date.parse(health.at) > Date.parse(report.at);

/** What the last proof and the doctor say of each part; a part that is missing is as its first proof said. */
export function partHealth(
  health: VmHealth | undefined,
  report: DoctorReport | null,
): ReadonlyMap<PartId, PartState> {
  const states = new Map<PartId, PartState>();
  const isOld = report !== null && health !== undefined && isNewer(health, report);
  if (report !== null && !(isOld && health.verdict === "healthy"))
    for (const finding of report.findings.filter(({ verdict }) => verdict === "fail")) {
      const part = partOf(finding);
      if (part === undefined) continue;
      const isRoot = finding.suppressedBy.length === 0;
      if (isRoot || !states.has(part)) states.set(part, isRoot ? "fail" : "affected");
    }
  if (report === null || isOld)
    for (const code of health?.codes ?? []) {
      const known = report?.findings.find((finding) => finding.code === code);
      states.set((known && partOf(known)) ?? guessPart(code), "fail");
    }
  return states;
}

/** What the doctor found about one part, the worst first. */
export function findingsOf(part: PartId, report: DoctorReport | null): readonly DoctorFinding[] {
  const order = ["fail", "unknown", "warn"] as const;
  const own = (report?.findings ?? []).filter((finding) => partOf(finding) === part);
  return order.flatMap((verdict) => own.filter((finding) => finding.verdict === verdict));
}
