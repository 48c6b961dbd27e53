"use client";
import type { DoctorReport } from "@browservm/contract";
import { Stethoscope } from "lucide-react";
import Link from "next/link";
import { useEffect, useRef } from "react";
import { levelOf, wordsOf } from "../../lib/bridge-troubles.ts";
import type { HostLook } from "../../lib/live-sources.ts";
import { type PartFacts, partFacts, type Selection } from "../../lib/part-facts.ts";
import { type Doctor, useDoctor } from "../../lib/use-doctor.ts";
import buttons from "../button.module.css";
import { Button } from "../button.tsx";
import { Dialog } from "../dialog.tsx";
import { ExaminationView } from "../doctor/examination-view.tsx";
import css from "./part-dialog.module.css";

interface PartDialogProps {
  readonly selection: Selection;
  readonly look: HostLook;
  /** The doctor of the whole host, for parts that all VMs share. */
  readonly host: Doctor;
  readonly onClose: () => void;
}

/** One part of the picture: its facts as they are now, and what the doctor says of it. */
export function PartDialog({ selection, look, host, onClose }: PartDialogProps) {
  // the dialog outlives its part: what was known of it last stays
  const last = useRef<PartFacts | null>(null);
  const now = partFacts(selection, look);
  if (now !== null) last.current = now;
  const part = last.current;
  if (part === null) return null;
  return (
    <Dialog title={part.title} width="report" onClose={onClose}>
      {now === null ? (
        <p className={css.gone}>It is no longer like this. Below is what was seen last.</p>
      ) : null}
      <Facts part={part} />
      {part.vmId === undefined ? (
        <HostFindings part={part} host={host} />
      ) : (
        <VmFindings vmId={part.vmId} isTroubled={levelOf(part.troubles) === "bad"} />
      )}
    </Dialog>
  );
}

function Facts({ part }: { part: PartFacts }) {
  const level = levelOf(part.troubles);
  return (
    <div className={css.about}>
      {level === "good" ? null : (
        <p className={css.trouble} data-level={level}>
          {wordsOf(part.troubles)}
        </p>
      )}
      <dl className={css.facts}>
        {part.facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {part.sessionId ? (
        <Link href={`/sessions/${part.sessionId}`} className={`${buttons.button} ${buttons.plain}`}>
          Open its session
        </Link>
      ) : null}
    </div>
  );
}

/** A VM's own whole path. Where the picture already shows a fault, nobody has to ask for it. */
function VmFindings({ vmId, isTroubled }: { vmId: string; isTroubled: boolean }) {
  const doctor = useDoctor({ vmId });
  useFirst(isTroubled, doctor.run);
  return <Findings doctor={doctor} what="this VM's whole path" ask="Examine this VM" />;
}

/** What is about this part in the report on the whole host. */
function HostFindings({ part, host }: { part: PartFacts; host: Doctor }) {
  useFirst(levelOf(part.troubles) === "bad" && host.look.is === "idle", host.run);
  const narrow: Doctor =
    host.look.is === "done"
      ? { ...host, look: { is: "done", report: onlyLayers(host.look.report, part.layers) } }
      : host;
  return <Findings doctor={narrow} what="the whole host" ask="Run doctor" />;
}

function onlyLayers(report: DoctorReport, layers: PartFacts["layers"]): DoctorReport {
  const findings = report.findings.filter(({ layer }) => layers.includes(layer));
  const isBroken = findings.some(({ verdict }) => verdict === "fail");
  const isUnknown = findings.some(({ verdict }) => verdict === "unknown");
  const verdict = isBroken ? "faults" : isUnknown ? "unknown" : "healthy";
  return { ...report, findings, verdict, lastSeen: [] };
}

function Findings({ doctor, what, ask }: { doctor: Doctor; what: string; ask: string }) {
  return (
    <div className={css.findings}>
      <ExaminationView doctor={doctor} what={what} canFix />
      {doctor.look.is === "running" ? null : (
        <div>
          <Button icon={<Stethoscope size={16} />} onClick={doctor.run}>
            {doctor.look.is === "idle" ? ask : "Look again"}
          </Button>
        </div>
      )}
    </div>
  );
}

/** Does something once, when the component comes up, if it is wanted then. */
function useFirst(isWanted: boolean, work: () => void): void {
  const first = useRef(isWanted ? work : null);
  useEffect(() => {
    first.current?.();
    first.current = null;
  }, []);
}
