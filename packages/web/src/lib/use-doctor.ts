"use client";
import { type BrowserVmError, type DoctorReport, toBrowserVmError } from "@browservm/contract";
import type { DoctorTarget } from "@browservm/sdk";
import { useCallback, useEffect, useRef, useState } from "react";
import { client } from "./client.ts";

export type Examination =
  | { readonly is: "idle" }
  | { readonly is: "running" }
  | { readonly is: "done"; readonly report: DoctorReport }
  | { readonly is: "failed"; readonly error: BrowserVmError };

export interface Doctor {
  /** What it looks at. */
  readonly target: DoctorTarget;
  readonly look: Examination;
  /** The last report, also while a new one is made. */
  readonly report: DoctorReport | null;
  readonly run: () => void;
  /** Shows a report that was made elsewhere, e.g. after a fix. */
  readonly take: (report: DoctorReport) => void;
  readonly clear: () => void;
}

/** The doctor for one target, for the life of a component. A new run ends the one under way. */
export function useDoctor(target: DoctorTarget): Doctor {
  const [look, setLook] = useState<Examination>({ is: "idle" });
  const [report, setReport] = useState<DoctorReport | null>(null);
  const under = useRef<AbortController | null>(null);
  const { sessionId, vmId } = target;
  useEffect(() => () => under.current?.abort(), []);
  const take = useCallback((made: DoctorReport) => {
    under.current?.abort();
    setReport(made);
    setLook({ is: "done", report: made });
  }, []);
  const run = useCallback(() => {
    under.current?.abort();
    const ended = new AbortController();
    under.current = ended;
    setLook({ is: "running" });
    const what = { ...(sessionId ? { sessionId } : {}), ...(vmId ? { vmId } : {}) };
    client.examine(what, { signal: ended.signal }).then(
      (made) => {
        if (!ended.signal.aborted) take(made);
      },
      (error: unknown) => {
        if (!ended.signal.aborted) setLook({ is: "failed", error: toBrowserVmError(error) });
      },
    );
  }, [sessionId, vmId, take]);
  const clear = useCallback(() => {
    under.current?.abort();
    setReport(null);
    setLook({ is: "idle" });
  }, []);
  return { target, look, report, run, take, clear };
}
