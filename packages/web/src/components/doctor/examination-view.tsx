"use client";
import { LoaderCircle } from "lucide-react";
import type { Doctor } from "../../lib/use-doctor.ts";
import { Button } from "../button.tsx";
import { ErrorCard } from "../problem-card.tsx";
import css from "./report-view.module.css";
import { ReportView } from "./report-view.tsx";

interface ExaminationViewProps {
  readonly doctor: Doctor;
  /** What is looked at, for the line while it runs. */
  readonly what: string;
  readonly canFix: boolean;
}

/** What the doctor does or did: nothing before it is asked, then a line, then a report or why there is none. */
export function ExaminationView({ doctor, what, canFix }: ExaminationViewProps) {
  const { look, run } = doctor;
  if (look.is === "idle") return null;
  if (look.is === "running")
    return (
      <p className={css.waiting} role="status">
        <LoaderCircle size={20} aria-hidden="true" />
        Looking at {what}: one snapshot, then a short probe. Nothing is changed.
      </p>
    );
  if (look.is === "failed")
    return <ErrorCard error={look.error} actions={<Button onClick={run}>Look again</Button>} />;
  return <ReportView doctor={doctor} report={look.report} canFix={canFix} />;
}
