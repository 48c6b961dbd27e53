"use client";
import type { GateReport } from "@browservm/contract";
import { Stethoscope } from "lucide-react";
import { useState } from "react";
import { formatAccelerator, formatDuration } from "../../lib/format.ts";
import { partHealth } from "../../lib/path-health.ts";
import { failedPart, PARTS, type PartId, type PartState, partsFor, stepsOf } from "../../lib/path-picture.ts";
import type { SessionCare } from "../../lib/session-care.ts";
import { Button } from "../button.tsx";
import { ExaminationView } from "../doctor/examination-view.tsx";
import { StepEvidence } from "./evidence.tsx";
import { HealedNote } from "./health-bar.tsx";
import css from "./network-panel.module.css";
import { PartFindings } from "./part-findings.tsx";
import { PathPicture } from "./path-picture.tsx";

interface NetworkPanelProps {
  readonly gate: GateReport | null;
  /** Absent before a session is ready, and after it failed: then only its proof is told. */
  readonly care?: SessionCare | undefined;
}

const isRed = (state: PartState | undefined) => state === "fail" || state === "affected";

/** The picture of the network's path, and what is known of the part that was chosen. */
export function NetworkPanel({ gate, care }: NetworkPanelProps) {
  const [chosen, setChosen] = useState<PartId | null>(null);
  const look = care?.doctor.look.is ?? "idle";
  const states = partHealth(care?.health, care?.doctor.report ?? null);
  const broken = PARTS.find(({ id }) => states.get(id) === "fail") ?? failedPart(gate);
  // what failed opens by itself, until the reader chooses or the doctor tells all
  const selected = chosen ?? (look === "idle" ? broken?.id : undefined) ?? null;
  const choose = (id: PartId) => {
    setChosen(id);
    if (care?.canExamine && isRed(states.get(id)) && look === "idle") care.doctor.run();
  };
  return (
    <div className={css.panel}>
      <p className={css.summary}>
        {summary(gate)} {selected === null ? "Choose a part for its evidence." : ""}
      </p>
      {care ? <HealedNote repairs={care.repairs} /> : null}
      <PathPicture gate={gate} health={states} selected={selected} onSelect={choose} />
      {selected === null ? null : <PartDetails id={selected} gate={gate} care={care} />}
      {care?.canExamine ? (
        <Examination care={care} isWhole={selected === null} onWhole={() => setChosen(null)} />
      ) : null}
    </div>
  );
}

interface PartDetailsProps extends NetworkPanelProps {
  readonly id: PartId;
}

/** What was found at one part since the proof, then the proof itself. */
function PartDetails({ id, gate, care }: PartDetailsProps) {
  const part = partsFor(gate).find((one) => one.id === id);
  if (part === undefined) return null;
  const steps = stepsOf(part, gate);
  return (
    <div className={css.evidence} aria-live="polite">
      {care ? <PartFindings part={id} care={care} /> : null}
      {steps.length === 0 && part.proves.length > 0 ? (
        <p className={css.hint}>{part.label}: nothing was looked at yet.</p>
      ) : null}
      {steps.map((step) => (
        <StepEvidence key={step.id} step={step} />
      ))}
    </div>
  );
}

interface ExaminationProps {
  readonly care: SessionCare;
  /** The whole report is shown, not only one part of it. */
  readonly isWhole: boolean;
  readonly onWhole: () => void;
}

/** The doctor on this session: the whole report, or the way to it. */
function Examination({ care: { doctor, canFix }, isWhole, onWhole }: ExaminationProps) {
  const { look } = doctor;
  return (
    <div className={css.examine}>
      {isWhole || look.is !== "done" ? (
        <ExaminationView doctor={doctor} what="this session's whole path" canFix={canFix} />
      ) : null}
      {look.is === "running" ? null : (
        <div className={css.ask}>
          <Button icon={<Stethoscope size={16} />} onClick={doctor.run}>
            {look.is === "idle" ? "Run doctor" : "Look again"}
          </Button>
          {look.is === "done" && !isWhole ? <Button onClick={onWhole}>Whole report</Button> : null}
        </div>
      )}
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
