import type { Config } from "@browservm/contract";
import type { DoctorReport } from "@browservm/host/doctor";
import { EXIT } from "../exit-codes.ts";
import { printable } from "../output.ts";
import { runningUp } from "../up/up-record.ts";

const MARK = { pass: "✓", warn: "!", fail: "✗", unknown: "?" } as const;
const STATUS = { pass: EXIT.ok, warn: EXIT.ok, fail: EXIT.refused, unknown: EXIT.unknown } as const;

/** The preflight of the machine that we run on. */
export async function lookAtMachine(config: Config): Promise<DoctorReport> {
  const { linuxMachine, preflight } = await import("@browservm/host/doctor");
  const isRunning = (await runningUp(config)) !== undefined;
  return preflight(linuxMachine(config, isRunning));
}

/** The report for people: one line per check, and a way out where there is trouble. */
export function describeReport({ checks }: Pick<DoctorReport, "checks">): string {
  return checks
    .flatMap(({ verdict, title, code, evidence, fix }) => [
      `${MARK[verdict]} ${title}  (${code})`,
      `    ${printable(evidence)}`,
      ...(fix ? [`    → ${fix}`] : []),
    ])
    .join("\n");
}

export const exitStatusOfReport = ({ verdict }: DoctorReport): number => STATUS[verdict];
