import type { DoctorFinding, DoctorReport } from "@browservm/contract";

/** What is different between two looks. */
export interface Change {
  readonly change: "appeared" | "changed" | "gone";
  readonly finding: DoctorFinding;
}

/** Troubles that came, went or got another verdict; symptoms only where nothing explains them. */
export function changesBetween(before: DoctorReport, after: DoctorReport): Change[] {
  const old = byName(before);
  const now = byName(after);
  const came = [...now].flatMap(([name, finding]): Change[] => {
    const known = old.get(name);
    if (!known) return [{ change: "appeared", finding }];
    return known.verdict === finding.verdict ? [] : [{ change: "changed", finding }];
  });
  const went = [...old].flatMap(([name, finding]): Change[] =>
    now.has(name) ? [] : [{ change: "gone", finding }],
  );
  return [...came, ...went];
}

function byName({ findings }: DoctorReport): Map<string, DoctorFinding> {
  const troubles = findings.filter(
    ({ verdict, suppressedBy }) => verdict !== "pass" && verdict !== "skip" && suppressedBy.length === 0,
  );
  return new Map(troubles.map((finding) => [`${finding.code} ${finding.vmId ?? ""}`, finding]));
}
