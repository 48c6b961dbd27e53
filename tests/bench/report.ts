import type { Benchmark, Goal, Measured, Row } from "./benchmark.ts";
import type { MachineDescription } from "./describe-machine.ts";
import type { Summary } from "./statistics.ts";

/** What came of one benchmark; `failure` instead of numbers when it could not be run. */
export interface BenchResult extends Partial<Measured> {
  readonly name: string;
  readonly title: string;
  readonly seconds: number;
  /** Load of the machine (1 min) before and after. */
  readonly load: readonly [number, number];
  readonly failure?: string;
}

export interface BenchReport {
  readonly at: string;
  readonly machine: MachineDescription;
  readonly results: readonly BenchResult[];
}

/** The report as Markdown: for a terminal, and for docs/benchmarks.md as it is. */
export function renderReport({ at, machine, results }: BenchReport): string {
  const { cpu, cpus, memoryMib, arch, kernel, distribution, node, kvm } = machine;
  return [
    `${at} · ${cpu} (${cpus} CPUs, ${arch}), ${memoryMib} MiB · ${distribution}, Linux ${kernel} · Node ${node} · /dev/kvm ${kvm ? "opens" : "is closed or absent"}`,
    ...results.map(renderResult),
  ].join("\n\n");
}

function renderResult({ name, title, seconds, load, rows, goals, notes, failure }: BenchResult): string {
  return [
    `### ${name}: ${title}`,
    `Took ${seconds} s; load of the machine ${load[0]} before, ${load[1]} after.`,
    ...(failure === undefined ? [] : [`NOT MEASURED: ${failure}`]),
    ...(rows ? [renderRows(rows)] : []),
    ...(goals && goals.length > 0 ? [renderGoals(goals)] : []),
    ...(notes && notes.length > 0 ? [notes.map((note) => `- ${note}`).join("\n")] : []),
  ].join("\n\n");
}

function renderRows(rows: readonly Row[]): string {
  const hasTails = rows.some(({ tail }) => tail);
  const tailsOf = ({ tail }: Row) =>
    hasTails ? [tail ? round(tail.p95) : "", tail ? round(tail.p99) : ""] : [];
  return table(
    ["what", "median", ...(hasTails ? ["p95", "p99"] : []), "interval", "n", "unit"],
    rows.map((row) => [
      row.what,
      round(row.summary.median),
      ...tailsOf(row),
      interval(row.summary),
      String(row.summary.samples),
      row.unit,
    ]),
  );
}

const renderGoals = (goals: readonly Goal[]): string =>
  table(
    ["goal", "wanted", "measured", "interval", ""],
    goals.map(({ what, wanted, measured, met, sure }) => [
      what,
      wanted,
      round(measured.median),
      interval(measured),
      `${met ? "met" : "MISSED"}${sure ? "" : ", not sure"}`,
    ]),
  );

/** With less than 95 % behind it the interval is only the range of what was seen, and says so. */
function interval({ low, high, confidence, samples }: Summary): string {
  if (samples === 1) return "-";
  const range = `${round(low)} … ${round(high)}`;
  return confidence >= 0.95 ? range : `${range} (${Math.round(confidence * 100)} %)`;
}

/** Three significant digits, plain. */
function round(value: number): string {
  if (Math.abs(value) >= 1000) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}

function table(heads: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const widths = heads.map((head, column) =>
    Math.max(head.length, 3, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [line(heads), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

export const missedGoals = ({ results }: BenchReport): string[] =>
  results.flatMap(({ name, goals = [] }) =>
    goals.filter(({ met }) => !met).map(({ what }) => `${name}: ${what}`),
  );

export const startOf = ({ name, title }: Benchmark): string => `── ${name}: ${title}`;
