"use client";
import { useState } from "react";
import { groupsIn } from "../../lib/doctor-view.ts";
import { findingsOf } from "../../lib/path-health.ts";
import type { PartId } from "../../lib/path-picture.ts";
import type { SessionCare } from "../../lib/session-care.ts";
import { FindingCard } from "../doctor/finding-card.tsx";
import { FixDialog } from "../doctor/fix-dialog.tsx";

/** What the doctor found at one part of the path. */
export function PartFindings({ part, care: { doctor, canFix } }: { part: PartId; care: SessionCare }) {
  const [isFixing, setFixing] = useState(false);
  const report = doctor.report;
  if (report === null) return null;
  const groups = groupsIn(report, findingsOf(part, report));
  return (
    <>
      {groups.map((group) => (
        <FindingCard
          key={`${group.verdict}:${group.code}`}
          group={group}
          verdict={group.verdict}
          onFix={canFix ? () => setFixing(true) : undefined}
        />
      ))}
      {isFixing ? (
        <FixDialog target={doctor.target} onFixed={doctor.take} onClose={() => setFixing(false)} />
      ) : null}
    </>
  );
}
