import { type DoctorFinding, type Evidence, sanitizeLine, type VmId } from "@browservm/contract";
import type { Check, Judgement, Seen } from "./check.ts";
import { type Outcome, suppress } from "./suppress.ts";

const MAX_EVIDENCE = 40;
const MAX_SUBJECT = 190;
const MAX_EXCERPT = 1900;
const MAX_CAUSE = 990;

/** A check with its answer, before it is known what explains what. */
export interface Judged {
  readonly outcome: Outcome;
  readonly finding: Omit<DoctorFinding, "suppressedBy">;
  /** What is said of it only when nothing explains it. */
  readonly alone?: string;
}

export interface About {
  /** Time of the snapshot. */
  readonly at: string;
  /** Absent: it is about the host. */
  readonly vmId?: VmId;
  /** Why a check need not be asked, if so. */
  readonly excuse?: (check: Check<never>) => string | undefined;
}

/** Asks every check. One that throws could not tell: `unknown`, never a pass. */
export function judge<Subject>(checks: readonly Check<Subject>[], subject: Subject, about: About): Judged[] {
  return checks.map((check) => {
    const { vmId } = about;
    const judgement = answerOf(check, subject, about);
    return {
      outcome: { check, verdict: judgement.verdict, ...(vmId ? { vmId } : {}) },
      finding: findingOf(check, judgement, about),
      ...("alone" in judgement && judgement.alone ? { alone: judgement.alone } : {}),
    };
  });
}

/** The findings with what explains them; the order is kept. */
export function findingsOf(judged: readonly Judged[]): DoctorFinding[] {
  const causes = suppress(judged.map(({ outcome }) => outcome));
  return judged.map((one, index) => explained(one, causes[index] ?? []));
}

/** A symptom under its cause needs no repair of its own; one that stands alone tells how far the packets got. */
function explained({ finding, outcome, alone }: Judged, suppressedBy: string[]): DoctorFinding {
  const { fix, ...rest } = finding;
  if (suppressedBy.length > 0 && outcome.check.shows !== undefined) return { ...rest, suppressedBy };
  if (suppressedBy.length > 0 || !alone) return { ...finding, suppressedBy };
  return { ...finding, cause: sanitizeLine(`${finding.cause} ${alone}`, MAX_CAUSE), suppressedBy };
}

function answerOf<Subject>(check: Check<Subject>, subject: Subject, { excuse }: About): Judgement {
  const skipped = excuse?.(check as Check<never>);
  if (skipped !== undefined)
    return { verdict: "skip", seen: [{ source: "database", subject: "state of the VM", excerpt: skipped }] };
  try {
    return check.judge(subject);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return { verdict: "unknown", cause: `the check itself failed: ${words}`, seen: [] };
  }
}

function findingOf<Subject>(
  { code, layer, title, explanation }: Check<Subject>,
  judgement: Judgement,
  { at, vmId }: About,
): Judged["finding"] {
  const evidence = judgement.seen.slice(0, MAX_EVIDENCE).map((seen) => evidenceOf(seen, at));
  const base = { code, layer, title, verdict: judgement.verdict, evidence, ...(vmId ? { vmId } : {}) };
  if (!("cause" in judgement)) return base;
  const { verdict, cause, fix } = judgement;
  // What could not be looked at needs no repair yet.
  const advice = fix ?? (verdict === "unknown" ? undefined : explanation.fix);
  return { ...base, cause: sanitizeLine(cause, MAX_CAUSE), ...(advice ? { fix: advice } : {}) };
}

/** Bounded and without control characters: parts of it are a guest's own words. */
const evidenceOf = ({ source, subject, excerpt }: Seen, at: string): Evidence => ({
  source,
  subject: sanitizeLine(subject, MAX_SUBJECT),
  excerpt: sanitizeLine(excerpt, MAX_EXCERPT),
  at,
});
