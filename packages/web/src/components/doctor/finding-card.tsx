"use client";
import type { DoctorFinding } from "@browservm/contract";
import { CircleAlert, CircleHelp, Sparkles, TriangleAlert } from "lucide-react";
import { useId } from "react";
import { type FindingGroup, layerWord, shortId } from "../../lib/doctor-view.ts";
import { Button } from "../button.tsx";
import { EvidenceList } from "../session/evidence.tsx";
import { CodeButton } from "./code-button.tsx";
import css from "./finding-card.module.css";
import { FixAdvice } from "./fix-advice.tsx";

const SIGNS = {
  fail: { Icon: CircleAlert, words: "Broken" },
  warn: { Icon: TriangleAlert, words: "Worth a look" },
  unknown: { Icon: CircleHelp, words: "Could not be told" },
} as const;
type Told = keyof typeof SIGNS;

interface FindingCardProps {
  readonly group: FindingGroup;
  readonly verdict: Told;
  /** Present for those who may let BrowserVM repair. */
  readonly onFix?: (() => void) | undefined;
}

/** One cause: what is wrong, what helps, what was seen, and what it explains. */
export function FindingCard({ group, verdict, onFix }: FindingCardProps) {
  const [first] = group.findings;
  const { Icon, words } = SIGNS[verdict];
  const titleId = useId();
  return (
    <article className={css.card} data-verdict={verdict} aria-labelledby={titleId}>
      <header className={css.header}>
        <Icon size={19} aria-hidden="true" />
        <div>
          <h3 id={titleId}>
            <span className="visually-hidden">{words}: </span>
            {first.cause ?? first.title}
          </h3>
          <div className={css.where}>
            <span>{layerWord(group.layer)}</span>
            <VmsOf findings={group.findings} />
            <CodeButton code={group.code} title={first.title} />
          </div>
        </div>
      </header>
      {first.fix ? (
        <FixAdvice
          fix={first.fix}
          action={
            first.fix.kind === "auto" && onFix ? (
              <Button look="primary" icon={<Sparkles size={15} />} onClick={onFix}>
                Fix
              </Button>
            ) : null
          }
        />
      ) : null}
      <EvidenceOf findings={group.findings} isOpen={verdict === "fail"} />
      <Symptoms symptoms={group.symptoms} />
    </article>
  );
}

const SHOWN_VMS = 3;

function VmsOf({ findings }: { findings: readonly DoctorFinding[] }) {
  const ids = findings.flatMap(({ vmId }) => vmId ?? []);
  if (ids.length === 0) return <span>the host</span>;
  const rest = ids.length - SHOWN_VMS;
  return (
    <span title={ids.join("\n")}>
      {ids.slice(0, SHOWN_VMS).map(shortId).join(", ")}
      {rest > 0 ? ` and ${rest} more` : ""}
    </span>
  );
}

/** More than this at once says nothing new. */
const SHOWN_FINDINGS = 10;

function EvidenceOf({ findings, isOpen }: { findings: readonly DoctorFinding[]; isOpen: boolean }) {
  const pieces = findings.reduce((sum, { evidence }) => sum + evidence.length, 0);
  const isOne = findings.length === 1;
  return (
    <details className={css.fold} open={isOpen && isOne}>
      <summary>
        Evidence <span className={css.count}>{pieces}</span>
      </summary>
      {findings.slice(0, SHOWN_FINDINGS).map((finding) => (
        <div key={finding.vmId ?? "host"} className={css.evidence}>
          {isOne ? null : (
            <p className={css.of}>
              {finding.vmId ? shortId(finding.vmId) : "host"}: {finding.cause}
            </p>
          )}
          <EvidenceList evidence={finding.evidence} />
        </div>
      ))}
    </details>
  );
}

function Symptoms({ symptoms }: { symptoms: readonly DoctorFinding[] }) {
  if (symptoms.length === 0) return null;
  return (
    <details className={css.fold}>
      <summary>
        What this explains <span className={css.count}>{symptoms.length}</span>
      </summary>
      <ul className={css.symptoms}>
        {symptoms.slice(0, SHOWN_FINDINGS).map((one) => (
          <li key={`${one.code}:${one.vmId}`}>
            <p>{one.cause ?? one.title}</p>
            <div className={css.where}>
              <span>{layerWord(one.layer)}</span>
              {one.vmId ? <span>{shortId(one.vmId)}</span> : null}
              <CodeButton code={one.code} title={one.title} />
            </div>
          </li>
        ))}
        {symptoms.length > SHOWN_FINDINGS ? (
          <li className={css.of}>and {symptoms.length - SHOWN_FINDINGS} more</li>
        ) : null}
      </ul>
    </details>
  );
}
