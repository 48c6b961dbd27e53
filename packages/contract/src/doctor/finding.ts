import { sanitizeLine } from "../channel/sanitize.ts";
import type { DoctorFinding, DoctorReport } from "../doctor.ts";
import type { Evidence } from "../gate.ts";
import type { VmId } from "../ids.ts";
import type { Check, Judgement, Seen } from "./check.ts";

const MAX_EVIDENCE = 40;
const MAX_SUBJECT = 190;
const MAX_EXCERPT = 1900;
const MAX_CAUSE = 990;

/** When it was seen, and of which VM; without one it is about the host. */
export interface FindingAbout {
  readonly at: string;
  readonly vmId?: VmId | undefined;
}

/** A check's answer. One that throws could not tell: `unknown`, never a pass. */
export function answerOf<Subject>(check: Pick<Check<Subject>, "judge">, subject: Subject): Judgement {
  try {
    return check.judge(subject);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return { verdict: "unknown", cause: `the check itself failed: ${words}`, seen: [] };
  }
}

/** A check's answer as a report has it, before it is known what explains it. */
export function findingOf(
  { code, layer, title, explanation }: Omit<Check<never>, "judge">,
  judgement: Judgement,
  { at, vmId }: FindingAbout,
): Omit<DoctorFinding, "suppressedBy"> {
  const evidence = judgement.seen.slice(0, MAX_EVIDENCE).map((seen) => evidenceOf(seen, at));
  const base = { code, layer, title, verdict: judgement.verdict, evidence, ...(vmId ? { vmId } : {}) };
  if (!("cause" in judgement)) return base;
  const { verdict, cause, fix } = judgement;
  // What could not be looked at needs no repair yet.
  const advice = fix ?? (verdict === "unknown" ? undefined : explanation.fix);
  return { ...base, cause: causeLine(cause), ...(advice ? { fix: advice } : {}) };
}

/** A cause as long as a report takes it, without control characters. */
export const causeLine = (words: string): string => sanitizeLine(words, MAX_CAUSE);

/** What all findings come to: the failed ones that nothing explains are its root causes. */
export function conclusionOf(
  findings: readonly DoctorFinding[],
): Pick<DoctorReport, "verdict" | "rootCauses"> {
  const standing = findings.filter(({ suppressedBy }) => suppressedBy.length === 0);
  const failed = standing.filter(({ verdict }) => verdict === "fail");
  const isUnknown = standing.some(({ verdict }) => verdict === "unknown");
  return {
    verdict: failed.length > 0 ? "faults" : isUnknown ? "unknown" : "healthy",
    rootCauses: [...new Set(failed.map(({ code }) => code))],
  };
}

/** Bounded and without control characters: parts of it are a guest's own words. */
const evidenceOf = ({ source, subject, excerpt }: Seen, at: string): Evidence => ({
  source,
  subject: sanitizeLine(subject, MAX_SUBJECT),
  excerpt: sanitizeLine(excerpt, MAX_EXCERPT),
  at,
});
