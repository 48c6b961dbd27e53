import { type DoctorReport, toBrowserVmError } from "@browservm/contract";
import { type DoctorTarget, pause } from "@browservm/sdk";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { printable } from "../output.ts";
import { changesBetween } from "./changes.ts";
import { describeReport } from "./describe-report.ts";
import { examine } from "./examine.ts";
import { exitStatusOfReport, exitStatusOfTrouble } from "./exit-status.ts";

/** Looks again and again until Ctrl-C and prints what changed; answers the status of the last look. */
export async function watch(context: CliContext, target: DoctorTarget, everyMs: number): Promise<number> {
  const { output, signal } = context;
  let before: DoctorReport | undefined;
  let trouble: string | undefined;
  let status: number = EXIT.unknown;
  while (!signal.aborted) {
    try {
      const report = await examine(context, target);
      if (before) tellChanges(context, before, report);
      else
        output.print(report, `${describeReport(report)}\nWatching, every ${everyMs / 1000} s; Ctrl-C ends.`);
      [before, trouble, status] = [report, undefined, exitStatusOfReport(report)];
    } catch (error) {
      if (signal.aborted) break;
      const ours = toBrowserVmError(error);
      // What can never be answered is no reason to wait.
      if (!before || ours.code === "INTERNAL") throw error;
      status = exitStatusOfTrouble(ours);
      if (trouble !== ours.code) output.error(ours);
      trouble = ours.code;
    }
    await pause(everyMs, signal);
  }
  return status;
}

const MARK = { appeared: "✗", changed: "~", gone: "✓" } as const;

function tellChanges({ output }: CliContext, before: DoctorReport, after: DoctorReport): void {
  for (const { change, finding } of changesBetween(before, after)) {
    const { code, vmId, verdict, cause = "" } = finding;
    const name = vmId ? `${code} ${vmId}` : code;
    const words = change === "gone" ? "no more" : `${verdict}: ${printable(cause)}`;
    output.print({ at: after.at, change, finding }, `${after.at} ${MARK[change]} ${name}: ${words}`);
  }
}
