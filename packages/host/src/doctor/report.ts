import { randomUUID } from "node:crypto";
import type { DoctorFinding, DoctorReport, LastSeen, VmId } from "@browservm/contract";
import { conclusionOf } from "@browservm/contract/doctor/finding";
import { findingsOf, type Judged } from "./judge.ts";
import { lastSeen } from "./last-seen.ts";
import type { HostSight } from "./sight/host-sight.ts";
import type { VmSight } from "./sight/vm-sight.ts";

/** What a report is made of. */
export interface Draft {
  /** The VM that was asked for; undefined: the host with all of them. */
  readonly vmId: VmId | undefined;
  readonly host: Pick<HostSight, "at" | "plan">;
  readonly vms: readonly VmSight[];
  readonly judged: readonly Judged[];
  readonly timing: DoctorReport["timing"];
}

/** What was found, what explains what, and how far the packets got that nothing explains. */
export function reportOf({ vmId, host, vms, judged, timing }: Draft): DoctorReport {
  const findings = findingsOf(judged);
  return {
    version: 1,
    runId: randomUUID(),
    at: host.at,
    subject: vmId === undefined ? "host" : "vm",
    ...(vmId === undefined ? {} : { vmId }),
    ...conclusionOf(findings),
    findings: vmId === undefined ? findings.map(brief) : findings,
    lastSeen: lastSeenOf({ host, vms, judged }, findings),
    timing: roundTimes(timing),
  };
}

/** In a report of the whole host, what is well of each VM is only named. */
const brief = (finding: DoctorFinding): DoctorFinding =>
  finding.vmId !== undefined && (finding.verdict === "pass" || finding.verdict === "skip")
    ? { ...finding, evidence: [] }
    : finding;

/** For each VM with a symptom that nothing explains. */
function lastSeenOf(
  { host, vms, judged }: Pick<Draft, "host" | "vms" | "judged">,
  findings: readonly DoctorFinding[],
): LastSeen[] {
  const standing = findings.filter(
    ({ verdict, suppressedBy }, index) =>
      judged[index]?.outcome.check.shows !== undefined && verdict === "fail" && suppressedBy.length === 0,
  );
  const unexplained = new Set(standing.map(({ vmId }) => vmId));
  return vms.filter(({ vmId }) => unexplained.has(vmId)).flatMap((vm) => lastSeen(host, vm) ?? []);
}

const roundTimes = ({ snapshotMs, probeMs, totalMs }: DoctorReport["timing"]): DoctorReport["timing"] => ({
  snapshotMs: Math.round(snapshotMs),
  probeMs: Math.round(probeMs),
  totalMs: Math.round(totalMs),
});
