import type { LabResult } from "./laboratory.ts";
import { NOT_HERE } from "./not-here.ts";
import type { LabRow } from "./row.ts";

const KINDS: ReadonlyArray<{ readonly kind: LabRow["kind"]; readonly title: string }> = [
  { kind: "fault", title: "named as the root cause" },
  { kind: "pair", title: "pairs of which both were named" },
  { kind: "harmless", title: "harmless oddities left alone" },
  { kind: "healing", title: "repaired by the watch" },
  { kind: "healthy", title: "batches of healthy runs without a false alarm" },
];

/** One row as soon as it is known. */
export const describeRow = ({ name, kind, passed, ms, fixMs, expected, got, complaints }: LabRow): string => {
  const times = fixMs === undefined ? `${ms} ms` : `${ms} ms, fixed in ${fixMs} ms`;
  const head = `${passed ? "✓" : "✗"} ${kind.padEnd(8)} ${name.padEnd(40)} ${times}`;
  if (passed) return head;
  return [
    head,
    `    expected ${expected.join(", ") || "nothing"}; got ${got.join(", ") || "nothing"}`,
    ...complaints.map((one) => `    ${one}`),
  ].join("\n");
};

/** The matrix: fault × named × fixed × healed × time, and what could not be played. */
export function describeResult({ rows, missing, seconds }: LabResult): string {
  const healing = new Map(rows.filter(({ kind }) => kind === "healing").map((row) => [row.name, row]));
  const faults = rows.filter(({ kind }) => kind === "fault");
  const cells = [
    ["FAULT", "ROOT CAUSE", "NAMED", "FIXED", "HEALED"],
    ...faults.map((row) => [
      row.name,
      row.expected.join(", "),
      mark(row),
      fixed(row),
      mark(healing.get(row.name)),
    ]),
  ];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [
    ...lines,
    "",
    ...totals(rows),
    ...missing.map(({ name, program }) => `not played: ${name} needs ${program}`),
    `${NOT_HERE.length} rows of the facts files cannot be injected: see docs/reference/faults.md`,
    `${seconds} s`,
  ].join("\n");
}

function totals(rows: readonly LabRow[]): string[] {
  return KINDS.flatMap(({ kind, title }) => {
    const of = rows.filter((row) => row.kind === kind);
    if (of.length === 0) return [];
    return [`${of.filter(({ passed }) => passed).length} of ${of.length} ${title}`];
  });
}

const mark = (row: LabRow | undefined): string => (row ? `${row.passed ? "✓" : "✗"} ${row.ms} ms` : "–");
const fixed = ({ fixMs }: LabRow): string => (fixMs === undefined ? "–" : `✓ ${fixMs} ms`);
