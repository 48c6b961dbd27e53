import type { DoctorFinding, DoctorReport } from "@browservm/contract";
import { answerOf, conclusionOf, findingOf } from "@browservm/contract/doctor/finding";
import type { LiveCheck } from "./check.ts";
import { LIVE_CHECKS } from "./checks.ts";
import type { LiveSight } from "./sight.ts";

/** hostd's report with what the live view adds: causes of either explain the other's symptoms, one verdict for all. */
export function withLive(report: DoctorReport, sight: LiveSight): DoctorReport {
  const isSession = report.subject === "vm";
  const checks = LIVE_CHECKS.filter(({ asks }) => isSession || asks === "gateway");
  const findings = [...report.findings];
  for (const check of checks) findings.push(judged(check, sight, { report, before: findings }));
  return { ...report, ...conclusionOf(findings), findings };
}

interface Context {
  readonly report: DoctorReport;
  /** hostd's findings, and those of the checks before this one. */
  readonly before: readonly DoctorFinding[];
}

function judged(check: LiveCheck, sight: LiveSight, { report, before }: Context): DoctorFinding {
  const { at, vmId } = report;
  const about = { at, vmId: check.asks === "session" ? vmId : undefined };
  const finding = findingOf(check, answerOf(check, sight), about);
  const isTrouble = finding.verdict !== "pass" && finding.verdict !== "skip";
  return { ...finding, suppressedBy: isTrouble ? rootsOf(check, before) : [] };
}

/** The root causes among the failed findings on which this check depends. */
function rootsOf({ dependsOn }: LiveCheck, before: readonly DoctorFinding[]): string[] {
  const causes = before.filter(({ code, verdict }) => verdict === "fail" && dependsOn.includes(code));
  const roots = causes.flatMap(({ code, suppressedBy }) => (suppressedBy.length > 0 ? suppressedBy : [code]));
  return [...new Set(roots)];
}
