import type { DoctorFixReport } from "@browservm/contract";
import { describeReport, describeTroubles } from "./describe-report.ts";

/** What would be done, or was done and what was seen afterwards; and what is left to people. */
export function describeFix({ before, steps, after }: DoctorFixReport): string {
  if (after) return [describeSteps(steps), "", "Looked again:", describeReport(after)].join("\n");
  const left = before.findings.filter(({ fix }) => fix !== undefined && fix.kind !== "auto");
  const troubles = describeTroubles(left);
  return [
    describeSteps(steps),
    ...(troubles ? ["", "What only people can do:", troubles] : []),
    "",
    steps.length > 0
      ? "Nothing was changed: `--fix --yes` does it, then looks again."
      : "Nothing was changed.",
  ].join("\n");
}

function describeSteps(steps: DoctorFixReport["steps"]): string {
  if (steps.length === 0) return "There is nothing that hostd could repair by itself.";
  return steps
    .map(({ code, words, done, error }) => `${error ? "✗" : done ? "✓" : "·"} ${code}: ${error ?? words}`)
    .join("\n");
}
