"use client";
import type { GateReport } from "@browservm/contract";
import { useState } from "react";
import { formatAccelerator, formatDuration } from "../../lib/format.ts";
import { failedPart, PARTS, type PartId, stepsOf } from "../../lib/path-picture.ts";
import { StepEvidence } from "./evidence.tsx";
import css from "./network-panel.module.css";
import { PathPicture } from "./path-picture.tsx";

/** The picture of the network's proof, and the evidence of the part that was chosen. */
export function NetworkPanel({ gate }: { gate: GateReport | null }) {
  const [chosen, setChosen] = useState<PartId | null>(null);
  // what failed opens by itself, until the reader chooses
  const selected = chosen ?? failedPart(gate)?.id ?? null;
  const part = PARTS.find(({ id }) => id === selected);
  const steps = part ? stepsOf(part, gate) : [];
  return (
    <div className={css.panel}>
      <p className={css.summary}>
        {summary(gate)} {part === undefined ? "Choose a part for its evidence." : ""}
      </p>
      <PathPicture gate={gate} selected={selected} onSelect={setChosen} />
      <div className={part === undefined ? undefined : css.evidence} aria-live="polite">
        {part !== undefined && steps.length === 0 ? (
          <p className={css.hint}>{part.label}: nothing was looked at yet.</p>
        ) : null}
        {steps.map((step) => (
          <StepEvidence key={step.id} step={step} />
        ))}
      </div>
    </div>
  );
}

function summary(gate: GateReport | null): string {
  if (gate === null) return "The proof has not begun.";
  const passed = gate.steps.filter(({ verdict }) => verdict === "pass").length;
  const failed = gate.steps.find(({ verdict }) => verdict === "fail");
  const again = gate.run > 1 ? ` This is proof number ${gate.run}.` : "";
  if (failed) return `Not proven: ${failed.id} failed after ${passed} steps had passed.${again}`;
  if (gate.verdict === "running") return `Proving: ${passed} steps have passed.${again}`;
  const tookMs = gate.steps.reduce((sum, { durationMs }) => sum + durationMs, 0);
  return `Proven: ${passed} steps passed in ${formatDuration(tookMs)} (${formatAccelerator(gate.accelerator)}).${again}`;
}
