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
  const kept = useKeptFocus<HTMLElement>(bar === null ? entry : undefined);
  return (
    <section className={bar === null ? css.none : css.bar} data-is={bar?.is} aria-label="Control" {...kept}>
      {bar === null ? null : <Sign bar={bar} />}
      <p className={css.words} role="status">
        {bar?.words}
      </p>
      {bar === null || bar.is === "watching" ? null : <Acts key={bar.is} bar={bar} sharing={sharing} />}
    </section>
  );
}

function Sign({ bar }: { bar: Bar }) {
  if (bar.is === "watching") return <Eye size={17} aria-hidden="true" />;
  if (bar.is === "without") return <MousePointer2 size={17} aria-hidden="true" />;
  return <Hand size={17} aria-hidden="true" />;
}

interface ActsProps {
  readonly bar: Exclude<Bar, { is: "watching" }>;
  readonly sharing: Sharing;
}

function Acts({ bar, sharing }: ActsProps) {
  const { error, isBusy, run } = useAttempt();
  const { mine } = sharing;
  const act = (request: ControlRequest) => {
    // no button is disabled meanwhile: it would lose the focus
    if (!isBusy) void run(() => sharing.control(request));
  };
  return (
    <>
      {error === null ? null : (
        <p className={css.error} role="alert">
          {error.message}
        </p>
      )}
      <div className={css.acts}>
        {bar.is === "asked" ? (
          <>
            <Button look="primary" onClick={() => act({ action: "give", viewer: mine, to: bar.asker })}>
              Give it
            </Button>
            <Button onClick={() => act({ action: "refuse", viewer: bar.asker })}>Not now</Button>
          </>
        ) : null}
        {bar.is === "without" ? (
          <Button look="primary" onClick={() => act({ action: "ask", viewer: mine })}>
            {bar.ask}
          </Button>
        ) : null}
        {bar.is === "waiting" ? (
          <Button onClick={() => act({ action: "release", viewer: mine })}>Stop asking</Button>
        ) : null}
        {bar.is !== "asked" && bar.canTake ? (
          <Button onClick={() => act({ action: "take", viewer: mine })}>Take it</Button>
        ) : null}
      </div>
    </>
  );
}
