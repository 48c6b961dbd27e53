"use client";
import type { DoctorReport } from "@browservm/contract";
import { CircleCheck, CircleHelp, CircleX, Radar } from "lucide-react";
import { useState } from "react";
import { causeGroups, groupsOf, headline, shortId } from "../../lib/doctor-view.ts";
import { formatDuration, formatTime } from "../../lib/format.ts";
import type { Doctor } from "../../lib/use-doctor.ts";
import { FindingCard } from "./finding-card.tsx";
import { FixDialog } from "./fix-dialog.tsx";
import { LayerList } from "./layer-list.tsx";
import css from "./report-view.module.css";

interface ReportViewProps {
  readonly doctor: Doctor;
  readonly report: DoctorReport;
  readonly canFix: boolean;
}

/** A doctor's report: causes first, each with its symptoms; then what could not be told; then all that was looked at. */
export function ReportView({ doctor, report, canFix }: ReportViewProps) {
  const [isFixing, setFixing] = useState(false);
  const causes = causeGroups(report);
  const warnings = groupsOf(report, "warn");
  const unknown = groupsOf(report, "unknown");
  const onFix = canFix ? () => setFixing(true) : undefined;
  return (
    <div className={css.report}>
      <Headline report={report} />
      <LastSeen report={report} />
      {causes.map((group) => (
        <FindingCard key={group.code} group={group} verdict="fail" onFix={onFix} />
      ))}
      <Section title="Worth a look" count={warnings.length}>
        {warnings.map((group) => (
          <FindingCard key={group.code} group={group} verdict="warn" onFix={onFix} />
        ))}
      </Section>
      <Section title="Could not be told" count={unknown.length}>
        <p className={css.hint}>Nobody could look at these. That is no pass.</p>
        {unknown.map((group) => (
          <FindingCard key={group.code} group={group} verdict="unknown" />
        ))}
      </Section>
      <LayerList report={report} />
      {isFixing ? (
        <FixDialog target={doctor.target} onFixed={doctor.take} onClose={() => setFixing(false)} />
      ) : null}
    </div>
  );
}

const MARKS = { healthy: CircleCheck, faults: CircleX, unknown: CircleHelp } as const;

function Headline({ report }: { report: DoctorReport }) {
  const Mark = MARKS[report.verdict];
  const { snapshotMs, probeMs, totalMs } = report.timing;
  return (
    <div className={css.headline} data-verdict={report.verdict}>
      <Mark size={24} aria-hidden="true" />
      <div>
        <p className={css.sentence} role="status">
          {headline(report)}
        </p>
        <p className={css.timing}>
          {formatTime(report.at).slice(0, 8)} · {formatDuration(totalMs)} in all: {formatDuration(snapshotMs)}{" "}
          for the snapshot, {formatDuration(probeMs)} for the probe
        </p>
      </div>
    </div>
  );
}

/** Dead paths that no check explains: only where the packets were last seen. */
function LastSeen({ report: { lastSeen } }: { report: DoctorReport }) {
  if (lastSeen.length === 0) return null;
  return (
    <ul className={css.lastSeen} aria-label="Where packets were last seen">
      {lastSeen.map(({ vmId, at, words }) => (
        <li key={vmId}>
          <Radar size={17} aria-hidden="true" />
          <span>
            {shortId(vmId)}: packets were last seen at the {at === "tap" ? "TAP" : at}. {words}
          </span>
        </li>
      ))}
    </ul>
  );
}

interface SectionProps {
  readonly title: string;
  readonly count: number;
  readonly children: React.ReactNode;
}

function Section({ title, count, children }: SectionProps) {
  if (count === 0) return null;
  return (
    <details className={css.section} open={count <= 4}>
      <summary>
        {title} <span>{count}</span>
      </summary>
      {children}
    </details>
  );
}
