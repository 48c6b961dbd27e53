"use client";
import type { ControlRequest } from "@browservm/contract";
import { Eye, Hand, MousePointer2 } from "lucide-react";
import type { RefObject } from "react";
import { type ControlBar as Bar, controlBar } from "../../lib/control-view.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { Button } from "../button.tsx";
import { useKeptFocus } from "../use-kept-focus.ts";
import css from "./control-bar.module.css";
import type { Sharing } from "./use-sharing.ts";

interface ControlBarProps {
  readonly sharing: Sharing;
  readonly isLive: boolean;
  /** What has the focus after the control came, and with it the bar's buttons went. */
  readonly entry: RefObject<HTMLElement | null>;
}

/** Who has the control, for those who do not or are asked for it. Who uses the session alone never sees it. */
export function ControlBar({ sharing, isLive, entry }: ControlBarProps) {
  const { viewers, mine, isOperator } = sharing;
  const bar = isLive ? controlBar(viewers, mine, isOperator) : null;
  const { error, isBusy, run } = useAttempt();
  const kept = useKeptFocus<HTMLDivElement>(bar === null ? entry : undefined);
  const act = (request: ControlRequest) => {
    // no button is disabled meanwhile: it would lose the focus
    if (!isBusy) void run(() => sharing.control(request));
  };
  return (
    <div className={bar === null ? css.none : css.bar} data-is={bar?.is} role="group" aria-label="Control" {...kept}>
      {bar === null ? null : <Sign bar={bar} />}
      <p className={css.words} role="status">
        {bar?.words}
      </p>
      {bar === null || error === null ? null : (
        <p className={css.error} role="alert">
          {error.message}
        </p>
      )}
      {bar === null ? null : <Acts bar={bar} mine={mine} onAct={act} />}
    </div>
  );
}

function Sign({ bar }: { bar: Bar }) {
  if (bar.is === "watching") return <Eye size={17} aria-hidden="true" />;
  if (bar.is === "without") return <MousePointer2 size={17} aria-hidden="true" />;
  return <Hand size={17} aria-hidden="true" />;
}

interface ActsProps {
  readonly bar: Bar;
  readonly mine: Sharing["mine"];
  readonly onAct: (request: ControlRequest) => void;
}

function Acts({ bar, mine, onAct }: ActsProps) {
  if (bar.is === "watching") return null;
  if (bar.is === "asked")
    return (
      <div className={css.acts}>
        <Button look="primary" onClick={() => onAct({ action: "give", viewer: mine, to: bar.asker })}>
          Give it
        </Button>
        <Button onClick={() => onAct({ action: "refuse", viewer: bar.asker })}>Not now</Button>
      </div>
    );
  const take = bar.canTake ? (
    <Button onClick={() => onAct({ action: "take", viewer: mine })}>Take it</Button>
  ) : null;
  if (bar.is === "waiting") return take === null ? null : <div className={css.acts}>{take}</div>;
  return (
    <div className={css.acts}>
      <Button look="primary" onClick={() => onAct({ action: "ask", viewer: mine })}>
        {bar.ask}
      </Button>
      {take}
    </div>
  );
}
