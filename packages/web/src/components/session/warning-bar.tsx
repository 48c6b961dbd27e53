"use client";
import type { Session } from "@browservm/contract";
import { Hourglass, Info, X } from "lucide-react";
import { useState } from "react";
import { formatClock } from "../../lib/format.ts";
import { keepSession } from "../../lib/keep-session.ts";
import { dueWarning, type TimeoutWarning, warningWhy } from "../../lib/timeouts.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { useNow } from "../../lib/use-now.ts";
import { Button, IconButton } from "../button.tsx";
import css from "./warning-bar.module.css";

interface WarningBarProps {
  readonly session: Session;
  readonly warnings: readonly TimeoutWarning[];
  /** Came by a view link: may only say that somebody looks. */
  readonly isViewer: boolean;
  readonly onChanged: () => void;
}

/** Says before a session ends or pauses by itself, with the way to keep it. */
export function WarningBar({ session, warnings, isViewer, onChanged }: WarningBarProps) {
  const now = useNow(500);
  const [hidden, setHidden] = useState<string | null>(null);
  const warning = now === null ? undefined : dueWarning(warnings, session, now);
  if (warning === undefined || now === null || hidden === warning.at) return null;
  const canKeep =
    warning.action !== "none" && warning.timeout !== "absolute" && !(isViewer && warning.timeout === "idle");
  return (
    <div className={css.bar} data-action={warning.action} role="alert">
      {warning.action === "none" ? (
        <Info size={17} aria-hidden="true" />
      ) : (
        <Hourglass size={17} aria-hidden="true" />
      )}
      <Words warning={warning} now={now} />
      {canKeep ? <KeepButton session={session} warning={warning} onKept={onChanged} /> : null}
      <IconButton label="Hide this warning" onClick={() => setHidden(warning.at)}>
        <X size={16} />
      </IconButton>
    </div>
  );
}

/** The seconds are for the eye: read aloud again and again they would only disturb. */
function Words({ warning, now }: { warning: TimeoutWarning; now: number }) {
  const { action, timeout, at, reason } = warning;
  if (action === "none")
    return (
      <span>
        This session will not pause when it is idle: {reason?.message ?? "nothing can be paused here"}.
      </span>
    );
  return (
    <span>
      This session {action === "end" ? "ends" : "pauses"} by itself
      <span className="visually-hidden"> soon</span>
      <span aria-hidden="true">
        {" "}
        in <strong className={css.clock}>{formatClock(Date.parse(at) - now)}</strong>
      </span>
      : {warningWhy(warning)}.
      {timeout === "absolute" ? " Nothing pushes that on: take with you what you need." : ""}
    </span>
  );
}

interface KeepButtonProps {
  readonly session: Session;
  readonly warning: TimeoutWarning;
  readonly onKept: () => void;
}

function KeepButton({ session, warning, onKept }: KeepButtonProps) {
  const { isBusy, error, run } = useAttempt();
  const keep = async () => {
    await run(() => keepSession(session, warning));
    onKept();
  };
  return (
    <>
      {error === null ? null : <span className={css.error}>{error.message}</span>}
      <Button look="primary" disabled={isBusy} onClick={() => void keep()}>
        Keep it
      </Button>
    </>
  );
}
