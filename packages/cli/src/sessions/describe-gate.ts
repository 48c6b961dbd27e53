import type { GateReport } from "@browservm/contract";
import { printable } from "../output.ts";

const MARK = { pass: "✓", fail: "✗", skip: "–", unknown: "?" } as const;

/** The gate's steps, with the evidence of those that did not pass. */
export function describeGate(gate: GateReport | null): string {
  if (!gate) return "network     not proven yet";
  const lines = gate.steps.flatMap(({ id, title, verdict, durationMs, evidence, reason }) => [
    `  ${MARK[verdict]} ${id.padEnd(3)} ${title}  ${Math.round(durationMs)} ms`,
    ...(reason ? [`        ${reason.message} (${reason.code})`, `        → ${reason.fix}`] : []),
    ...(verdict === "pass" || verdict === "skip"
      ? []
      : evidence.map(({ source, subject, excerpt }) =>
          printable(`        ${source}: ${subject}: ${excerpt}`),
        )),
  ]);
  return [`network     ${gate.verdict} (run ${gate.run}, ${gate.accelerator})`, ...lines].join("\n");
}
