"use client";
import type { GateReport, Session } from "@browservm/contract";
import type { DropReason } from "@browservm/sdk/screen";
import { DoorOpen, PowerOff, RotateCw, SquareTerminal } from "lucide-react";
import Link from "next/link";
import { formatDuration, formatPage } from "../../lib/format.ts";
import { lastStory } from "../../lib/launch-steps.ts";
import buttons from "../button.module.css";
import { Button } from "../button.tsx";
import { ProblemCard } from "../problem-card.tsx";
import launch from "./launch-view.module.css";
import { NetworkPanel } from "./network-panel.tsx";
import css from "./over-view.module.css";
import { StoryTimeline } from "./timeline.tsx";

function AllSessions() {
  return (
    <Link href="/" className={`${buttons.button} ${buttons.plain}`}>
      All sessions
    </Link>
  );
}

const UNNAMED = {
  code: "INTERNAL",
  message: "The session failed and gave no reason.",
  fix: "Report it with the log lines of this session.",
};

/** A session that failed: why, what helps, and the proof up to the step that broke. */
export function FailedView({ session, gate }: { session: Session; gate: GateReport | null }) {
  return (
    <div className={launch.view}>
      <ProblemCard
        headingLevel={1}
        reason={session.reason ?? UNNAMED}
        details={{ session: session.id, vm: session.vm?.id, image: session.image }}
        actions={<AllSessions />}
      />
      <div className={launch.columns}>
        <section className={launch.column} aria-labelledby="launch-title">
          <h2 id="launch-title">What was done</h2>
          <StoryTimeline story={lastStory(session.vm?.steps ?? [], session.vm?.origin)} />
        </section>
        <section className={launch.column} aria-labelledby="proof-title">
          <h2 id="proof-title">Proof of the network</h2>
          <NetworkPanel gate={gate} />
        </section>
      </div>
    </div>
  );
}

/** A session that is over, or about to be. */
export function EndedView({ session }: { session: Session }) {
  const livedMs = session.endedAt ? Date.parse(session.endedAt) - Date.parse(session.createdAt) : null;
  const isEnding = session.status === "ending";
  return (
    <div className={css.ended}>
      <PowerOff size={30} aria-hidden="true" />
      <h1>{isEnding ? "This session is ending" : "This session has ended"}</h1>
      <p role="status">
        {formatPage(session.url)}
        {livedMs === null ? "" : ` ran for ${formatDuration(livedMs)}`}. Its machine
        {isEnding ? " is being deleted." : " and all that was in it are gone."}
      </p>
      <AllSessions />
    </div>
  );
}

/** Somebody closed this reader's view. */
export function SentAwayView({ reason, onBack }: { reason: DropReason; onBack: () => void }) {
  return (
    <div className={css.ended}>
      <DoorOpen size={30} aria-hidden="true" />
      <h1>{reason.title}</h1>
      <p role="alert">{reason.what}</p>
      <p>Who came by a link may need a new one to come back.</p>
      <Button icon={<RotateCw size={15} />} onClick={onBack}>
        Try to come back
      </Button>
    </div>
  );
}

/** A session that lives without a picture, for its image has no browser. */
export function NoDisplayView({ session }: { session: Session }) {
  return (
    <div className={css.ended}>
      <SquareTerminal size={30} aria-hidden="true" />
      <h1>This machine has no display</h1>
      <p role="status">
        The image “{session.image}” comes without a browser. The machine runs, and its network is proven.
      </p>
      <p>
        <code>browservm exec {session.id} -- uname -a</code>
      </p>
    </div>
  );
}
