import type { Evidence, GateStep } from "@browservm/contract";
import { Wrench } from "lucide-react";
import { formatDuration, formatTime } from "../../lib/format.ts";
import { WithCode } from "../problem-card.tsx";
import css from "./evidence.module.css";
import { VerdictMark } from "./verdict-mark.tsx";

/** One gate step with all that was seen. */
export function StepEvidence({ step }: { step: GateStep }) {
  return (
    <section className={css.step} aria-label={`${step.id}: ${step.title}`}>
      <header className={css.header}>
        <VerdictMark state={step.verdict} />
        <h3>
          <span className={css.id}>{step.id}</span> {step.title}
        </h3>
        <span className={css.took}>{formatDuration(step.durationMs)}</span>
      </header>
      {step.reason ? (
        <div className={css.reason}>
          <p>{step.reason.message}</p>
          <p className={css.fix}>
            <Wrench size={14} aria-hidden="true" />
            <span>
              <WithCode text={step.reason.fix} />
            </span>
          </p>
        </div>
      ) : null}
      <EvidenceList evidence={step.evidence} />
    </section>
  );
}

/** What was seen: where it was read, what it says, when. */
export function EvidenceList({ evidence }: { evidence: readonly Evidence[] }) {
  if (evidence.length === 0) return <p className={css.none}>No evidence was recorded.</p>;
  return (
    <ul className={css.list}>
      {evidence.map((one) => (
        <EvidenceLine key={`${one.at}:${one.source}:${one.subject}:${one.excerpt}`} evidence={one} />
      ))}
    </ul>
  );
}

function EvidenceLine({ evidence }: { evidence: Evidence }) {
  return (
    <li className={css.line}>
      <div className={css.head}>
        <span className={css.source}>{evidence.source}</span>
        <span className={css.subject}>{evidence.subject}</span>
        <time dateTime={evidence.at}>{formatTime(evidence.at)}</time>
      </div>
      <pre className={css.excerpt}>{evidence.excerpt}</pre>
    </li>
  );
}
