"use client";
import {
  type BrowserVmError,
  type DoctorFixReport,
  type DoctorReport,
  toBrowserVmError,
} from "@browservm/contract";
import type { DoctorTarget } from "@browservm/sdk";
import { CircleCheck, CircleDashed, CircleX, LoaderCircle } from "lucide-react";
import { useEffect, useState } from "react";
import { client } from "../../lib/client.ts";
import { causeGroups, headline } from "../../lib/doctor-view.ts";
import { Button } from "../button.tsx";
import { Dialog, DialogActions } from "../dialog.tsx";
import { ErrorCard } from "../problem-card.tsx";
import { CodeButton } from "./code-button.tsx";
import css from "./fix-dialog.module.css";

type Stage =
  | { readonly is: "planning" }
  | { readonly is: "asking" | "applying" | "done"; readonly fix: DoctorFixReport }
  | { readonly is: "failed"; readonly error: BrowserVmError };

interface FixDialogProps {
  readonly target: DoctorTarget;
  /** Called with what is seen after the repair. */
  readonly onFixed: (after: DoctorReport) => void;
  readonly onClose: () => void;
}

/** Tells what would be repaired, asks, repairs, and tells what is seen afterwards. */
export function FixDialog({ target, onFixed, onClose }: FixDialogProps) {
  const [stage, plan, apply] = useFix(target);
  const close = () => {
    if (stage.is === "done" && stage.fix.after) onFixed(stage.fix.after);
    onClose();
  };
  return (
    <Dialog title={TITLES[stage.is]} onClose={close}>
      <div className={css.body} aria-live="polite">
        {stage.is === "planning" ? <Waiting words="Asking what would be done…" /> : null}
        {stage.is === "failed" ? <ErrorCard error={stage.error} /> : null}
        {"fix" in stage ? <Steps stage={stage.is} steps={stage.fix.steps} /> : null}
        {stage.is === "applying" ? <Waiting words="Repairing, then looking again…" /> : null}
        {stage.is === "done" ? <After fix={stage.fix} /> : null}
      </div>
      <DialogActions>
        <Button onClick={close}>{stage.is === "asking" ? "Not now" : "Close"}</Button>
        {stage.is === "failed" ? (
          <Button look="primary" onClick={plan}>
            Try again
          </Button>
        ) : null}
        {stage.is === "asking" && stage.fix.steps.length > 0 ? (
          <Button look="primary" onClick={() => apply(stage.fix)}>
            Do {stage.fix.steps.length === 1 ? "it" : `these ${stage.fix.steps.length} steps`}
          </Button>
        ) : null}
      </DialogActions>
    </Dialog>
  );
}

const TITLES: Readonly<Record<Stage["is"], string>> = {
  planning: "What would be done",
  asking: "Shall this be done?",
  applying: "Repairing",
  done: "What was done",
  failed: "It did not work",
};

function useFix({
  sessionId,
  vmId,
}: DoctorTarget): readonly [Stage, () => void, (plan: DoctorFixReport) => void] {
  const [stage, setStage] = useState<Stage>({ is: "planning" });
  const [tries, setTries] = useState(0);
  const target = { ...(sessionId ? { sessionId } : {}), ...(vmId ? { vmId } : {}) };
  // biome-ignore lint/correctness/useExhaustiveDependencies: another try asks again; the target is its two ids
  useEffect(() => {
    const ended = new AbortController();
    setStage({ is: "planning" });
    client.fix({ ...target, apply: false }, { signal: ended.signal }).then(
      (fix) => setStage({ is: "asking", fix }),
      (error: unknown) => {
        if (!ended.signal.aborted) setStage({ is: "failed", error: toBrowserVmError(error) });
      },
    );
    return () => ended.abort();
  }, [sessionId, vmId, tries]);
  const apply = (plan: DoctorFixReport) => {
    setStage({ is: "applying", fix: plan });
    // it goes on when the dialog is closed: half a repair helps nobody
    client.fix({ ...target, apply: true }).then(
      (fix) => setStage({ is: "done", fix }),
      (error: unknown) => setStage({ is: "failed", error: toBrowserVmError(error) }),
    );
  };
  return [stage, () => setTries((count) => count + 1), apply];
}

interface StepsProps {
  readonly stage: "asking" | "applying" | "done";
  readonly steps: DoctorFixReport["steps"];
}

function Steps({ stage, steps }: StepsProps) {
  if (steps.length === 0)
    return (
      <p>There is nothing that BrowserVM could repair by itself any more. Look again to see what is left.</p>
    );
  return (
    <>
      {stage === "asking" ? <p>BrowserVM would do this, and look again afterwards:</p> : null}
      <ol className={css.steps} aria-label={stage === "done" ? "What was done" : "What would be done"}>
        {steps.map(({ code, words, done, error }) => (
          <li key={`${code}:${words}`}>
            <StepMark state={stage !== "done" ? "planned" : done ? "done" : "failed"} />
            <div>
              <p>{words}</p>
              {error ? <p className={css.error}>{error}</p> : null}
            </div>
            <CodeButton code={code} />
          </li>
        ))}
      </ol>
    </>
  );
}

const MARKS = {
  planned: [CircleDashed, "planned"],
  done: [CircleCheck, "done"],
  failed: [CircleX, "failed"],
} as const;

function StepMark({ state }: { state: keyof typeof MARKS }) {
  const [Icon, words] = MARKS[state];
  return (
    <span className={css.mark} data-state={state}>
      <Icon size={17} aria-hidden="true" />
      <span className="visually-hidden">{words}</span>
    </span>
  );
}

function After({ fix: { after, steps } }: { fix: DoctorFixReport }) {
  if (!after) return null;
  const left = causeGroups(after).map(({ code }) => code);
  const hasFailed = steps.some(({ done }) => !done);
  return (
    <div className={css.after} data-verdict={after.verdict}>
      <p className={css.sentence}>Looked again: {headline(after)}</p>
      {left.length > 0 ? <p>Still there: {left.join(", ")}.</p> : null}
      {hasFailed ? <p>A step failed; what was done before it stays done.</p> : null}
    </div>
  );
}

function Waiting({ words }: { words: string }) {
  return (
    <p className={css.waiting} role="status">
      <LoaderCircle size={18} aria-hidden="true" /> {words}
    </p>
  );
}
