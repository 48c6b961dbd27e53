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
  const told = withSymptoms(findings, checks);
  return { ...report, ...conclusionOf(told), findings: told };
}

/** hostd knows of no screen: what it found dead because of that is a symptom. */
function withSymptoms(findings: readonly DoctorFinding[], checks: readonly LiveCheck[]): DoctorFinding[] {
  const causes = findings.filter(isStandingFault).map(({ code }) => code);
  const explaining = checks.filter(({ code, explains }) => explains && causes.includes(code));
  return findings.map((finding) => {
    const by = explaining.filter(({ explains }) => explains?.includes(finding.code)).map(({ code }) => code);
    return isStandingFault(finding) && by.length > 0 ? { ...finding, suppressedBy: by } : finding;
  });
}

const isStandingFault = ({ verdict, suppressedBy }: DoctorFinding) =>
  verdict === "fail" && suppressedBy.length === 0;

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
