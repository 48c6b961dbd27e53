"use client";
import { X } from "lucide-react";
import { useEffect, useRef } from "react";
import type { Doctor } from "../../lib/use-doctor.ts";
import { IconButton } from "../button.tsx";
import { ExaminationView } from "../doctor/examination-view.tsx";
import css from "./host-page.module.css";

/** The report on the whole host, above the picture while it is wanted. */
export function DoctorPanel({ doctor }: { doctor: Doctor }) {
  const panel = useRef<HTMLElement>(null);
  const isOpen = doctor.look.is !== "idle";
  useEffect(() => {
    if (isOpen) panel.current?.scrollIntoView({ block: "nearest" });
  }, [isOpen]);
  if (!isOpen) return null;
  return (
    <section ref={panel} className={css.doctor} aria-label="The doctor's report">
      <div>
        <ExaminationView doctor={doctor} what="the whole host and every VM" canFix />
      </div>
      <IconButton label="Close the report" onClick={doctor.clear}>
        <X size={18} />
      </IconButton>
    </section>
  );
}
