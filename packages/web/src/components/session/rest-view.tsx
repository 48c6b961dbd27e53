"use client";
import type { Reason, Session } from "@browservm/contract";
import { GitFork, Pause, Play, Power } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { client } from "../../lib/client.ts";
import { formatMib, formatPage, formatSpan } from "../../lib/format.ts";
import { lastStory } from "../../lib/launch-steps.ts";
import { deadlinesOf, deadlineWords } from "../../lib/timeouts.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { useLastFrame } from "../../lib/use-last-frame.ts";
import { useNow } from "../../lib/use-now.ts";
import { Button } from "../button.tsx";
import { ErrorCard, ProblemCard } from "../problem-card.tsx";
import css from "./rest-view.module.css";
import type { Asked } from "./session-dialogs.tsx";
import { StoryTimeline } from "./timeline.tsx";

interface PausedViewProps {
  readonly session: Session;
  /** Why the last resume left it paused. */
  readonly reason: Reason | undefined;
  readonly isViewer: boolean;
  readonly onAsk: (asked: Asked) => void;
  readonly onChanged: () => void;
}

/** A session that rests on disk: since when, what that takes, and the way back. */
export function PausedView({ session, reason, isViewer, onAsk, onChanged }: PausedViewProps) {
  const { isBusy, error, run } = useAttempt();
  const resume = async () => {
    await run(() => client.sessions.resume(session.id));
    onChanged();
  };
  return (
    <Rest session={session} isStill>
      <span className={css.sign}>
        <Pause size={26} aria-hidden="true" />
      </span>
      <h1>{formatPage(session.url)} is paused</h1>
      <PausedFacts session={session} />
      {isViewer ? (
        <p className={css.quiet}>Whoever it belongs to can resume it. The picture comes back by itself.</p>
      ) : (
        <div className={css.actions}>
          <ResumeButton isBusy={isBusy} onResume={() => void resume()} />
          <Button icon={<GitFork size={16} />} onClick={() => onAsk("fork")}>
            Fork
          </Button>
          <Button look="danger" icon={<Power size={16} />} onClick={() => onAsk("end")}>
            End
          </Button>
        </div>
      )}
      {error === null ? null : <ErrorCard error={error} />}
      {error === null && reason ? <ProblemCard reason={reason} /> : null}
    </Rest>
  );
}

/** The largest button of the view; it takes the focus that the pause left nowhere. */
function ResumeButton({ isBusy, onResume }: { isBusy: boolean; onResume: () => void }) {
  const button = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (document.activeElement === document.body) button.current?.querySelector("button")?.focus();
  }, []);
  return (
    <span ref={button} className={css.resume}>
      <Button look="primary" icon={<Play size={19} />} disabled={isBusy} onClick={onResume}>
        {isBusy ? "Resuming…" : "Resume"}
      </Button>
    </span>
  );
}

function PausedFacts({ session }: { session: Session }) {
  const now = useNow();
  const paused = session.vm?.paused;
  const [next] = deadlinesOf(session);
  return (
    <>
      <dl className={css.facts}>
        {paused ? (
          <>
            <div>
              <dt>Since</dt>
              <dd>
                {clockTime(paused.at)}
                {now === null ? "" : <small>for {formatSpan(now - Date.parse(paused.at))}</small>}
              </dd>
            </div>
            <div>
              <dt>On disk</dt>
              <dd>
                {formatMib(paused.sizeMib)}
                <small>{paused.compressed ? "compressed" : "being compressed"}</small>
              </dd>
            </div>
          </>
        ) : null}
        <div>
          <dt>Memory</dt>
          <dd>
            freed
            <small>for others</small>
          </dd>
        </div>
      </dl>
      <p className={css.quiet} role="status">
        {now !== null && next
          ? `${deadlineWords(next, now)}.`
          : "It keeps its pages, its address and its place, and goes on where it was."}
      </p>
    </>
  );
}

/** A session that is being written to disk. */
export function PausingView({ session }: { session: Session }) {
  const { vm } = session;
  return (
    <Rest session={session} isStill={false}>
      <h1>Pausing {formatPage(session.url)}</h1>
      <p className={css.quiet} role="status">
        Its memory is written to disk. Should that break off, the session goes on as it was.
      </p>
      <div className={css.steps}>
        <StoryTimeline story={lastStory(vm?.steps ?? [], vm?.origin)} />
      </div>
    </Rest>
  );
}

interface RestProps {
  readonly session: Session;
  readonly isStill: boolean;
  readonly children: ReactNode;
}

/** A card over what the display showed last. */
function Rest({ session, isStill, children }: RestProps) {
  const frame = useLastFrame(session.id);
  return (
    <div className={css.rest} data-still={isStill}>
      {frame === undefined ? null : (
        // biome-ignore lint/performance/noImgElement: a picture of this page, which no image server can resize
        <img className={css.frame} src={frame} alt="" />
      )}
      <section className={css.card}>{children}</section>
    </div>
  );
}

const clockTime = (iso: string) =>
  new Date(iso).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
