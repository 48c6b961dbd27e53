import { type DoctorFinding, type DoctorReport, sanitizeLine, type VmId } from "@browservm/contract";
import type { Judgement, LiveCheck } from "./check.ts";
import { LIVE_CHECKS } from "./checks.ts";
import type { LiveSight } from "./sight.ts";

const MAX_EVIDENCE = 40;
const MAX_SUBJECT = 190;
const MAX_EXCERPT = 1900;
const MAX_CAUSE = 990;

/** hostd's report with what the live view adds: causes of either explain the other's symptoms, one verdict for all. */
export function withLive(report: DoctorReport, sight: LiveSight): DoctorReport {
  const isSession = report.subject === "vm";
  const checks = LIVE_CHECKS.filter(({ asks }) => isSession || asks === "gateway");
  const findings = [...report.findings];
  for (const check of checks) findings.push(findingOf(check, sight, { report, before: findings }));
  const standing = findings.filter(({ suppressedBy }) => suppressedBy.length === 0);
  const failed = standing.filter(({ verdict }) => verdict === "fail");
  const isUnknown = standing.some(({ verdict }) => verdict === "unknown");
  return {
    ...report,
    verdict: failed.length > 0 ? "faults" : isUnknown ? "unknown" : "healthy",
    rootCauses: [...new Set(failed.map(({ code }) => code))],
    findings,
  };
}

interface Context {
  readonly report: DoctorReport;
  /** hostd's findings, and those of the checks before this one. */
  readonly before: readonly DoctorFinding[];
}

function findingOf(check: LiveCheck, sight: LiveSight, { report, before }: Context): DoctorFinding {
  const { code, layer, title, asks, explanation } = check;
  const judgement = answerOf(check, sight);
  const evidence = judgement.seen.slice(0, MAX_EVIDENCE).map(({ source, subject, excerpt }) => ({
    source,
    subject: sanitizeLine(subject, MAX_SUBJECT),
    excerpt: sanitizeLine(excerpt, MAX_EXCERPT),
    at: report.at,
  }));
  const vmId: VmId | undefined = asks === "session" ? report.vmId : undefined;
  const base = { code, layer, title, verdict: judgement.verdict, evidence, ...(vmId ? { vmId } : {}) };
  if (!("cause" in judgement)) return { ...base, suppressedBy: [] };
  const { verdict, cause, fix = explanation.fix } = judgement;
  return {
    ...base,
    cause: sanitizeLine(cause, MAX_CAUSE),
    ...(verdict === "unknown" ? {} : { fix }),
    suppressedBy: rootsOf(check, before),
  };
}

/** One that throws could not tell: `unknown`, never a pass. */
function answerOf(check: LiveCheck, sight: LiveSight): Judgement {
  try {
    return check.judge(sight);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return { verdict: "unknown", cause: `the check itself failed: ${words}`, seen: [] };
  }
}

/** The root causes among the failed findings on which this check depends. */
function rootsOf({ dependsOn }: LiveCheck, before: readonly DoctorFinding[]): string[] {
  const causes = before.filter(({ code, verdict }) => verdict === "fail" && dependsOn.includes(code));
  const roots = causes.flatMap(({ code, suppressedBy }) => (suppressedBy.length > 0 ? suppressedBy : [code]));
  return [...new Set(roots)];
}
