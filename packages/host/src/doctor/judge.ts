import type { DoctorFinding, VmId } from "@browservm/contract";
import { answerOf, causeLine, findingOf } from "@browservm/contract/doctor/finding";
import type { Check, Judgement } from "./check.ts";
import { type Outcome, suppress } from "./suppress.ts";

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
    const judgement = excusedOr(check, subject, about);
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
  return { ...finding, cause: causeLine(`${finding.cause} ${alone}`), suppressedBy };
}

function excusedOr<Subject>(check: Check<Subject>, subject: Subject, { excuse }: About): Judgement {
  const skipped = excuse?.(check as Check<never>);
  return skipped === undefined
    ? answerOf(check, subject)
    : { verdict: "skip", seen: [{ source: "database", subject: "state of the VM", excerpt: skipped }] };
}
