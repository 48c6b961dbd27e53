"use client";
import type { GateReport, Session } from "@browservm/contract";
import { Info } from "lucide-react";
import { formatClock, formatPage } from "../../lib/format.ts";
import { lastStory, launchStepTitle, type Story } from "../../lib/launch-steps.ts";
import { useNow } from "../../lib/use-now.ts";
import { useSnapshotStep } from "../../lib/use-snapshot-step.ts";
import css from "./launch-view.module.css";
import { NetworkPanel } from "./network-panel.tsx";
import { GateTimeline, StoryTimeline } from "./timeline.tsx";

interface LaunchViewProps {
  readonly session: Session;
  readonly gate: GateReport | null;
  /** It was paused, and goes on. */
  readonly isResuming?: boolean;
}

/** What one sees while the machine comes up: every step, what it proves, and how long it takes. */
export function LaunchView({ session, gate, isResuming = false }: LaunchViewProps) {
  const now = useNow(500);
  const story = storyNow(session, isResuming);
  const current = story.steps.findLast(({ status }) => status === "running");
  const note = useSnapshotStep(session.image, current?.step === "snapshot");
  const since = isResuming ? story.steps[0]?.startedAt : session.createdAt;
  // the proof of before the pause says nothing of the machine that comes back
  const isOld = isResuming && gate !== null && (since === undefined || gate.startedAt < since);
  const proof = isOld ? null : gate;
  const page = session.url === null ? "your browser" : formatPage(session.url);
  return (
    <div className={css.view}>
      <header className={css.header}>
        <div>
          <h1>
            {isResuming ? "Resuming" : session.forkOf === null ? "Starting" : "Forking"} {page}
          </h1>
          <p className={css.now} aria-live="polite">
            {current ? `${launchStepTitle(current.step, story.kind)}…` : waitingWords(isResuming)}
          </p>
        </div>
        <p className={css.clock} role="timer" aria-label="Time since the start">
          {now && since ? formatClock(now - Date.parse(since)) : "0:00"}
        </p>
      </header>
      <Hint session={session} story={story} />
      <div className={css.columns}>
        <section className={css.column} aria-labelledby="launch-title">
          <h2 id="launch-title">{isResuming ? "Resume" : "Launch"}</h2>
          <StoryTimeline story={story} note={note} />
        </section>
        <section className={css.column} aria-labelledby="proof-title">
          <h2 id="proof-title">Proof of the network</h2>
          <NetworkPanel gate={proof} />
          <GateTimeline gate={proof} />
        </section>
      </div>
    </div>
  );
}

const waitingWords = (isResuming: boolean) =>
  isResuming ? "Looking for what it left on disk…" : "Asking for a machine…";

function storyNow({ vm }: Session, isResuming: boolean): Story {
  const story = lastStory(vm?.steps ?? [], vm?.origin);
  // the first step of the resume was not told yet
  return isResuming && story.kind === "pause" ? { kind: "resume", steps: [] } : story;
}

/** What to expect of a machine without KVM. */
function Hint({ session: { vm }, story: { kind } }: { session: Session; story: Story }) {
  if (vm === null || vm.accelerator !== "tcg") return null;
  const isBoot = kind === "boot" || kind === "launch";
  return (
    <p className={css.hint}>
      <Info size={16} aria-hidden="true" />
      <span>
        No KVM on this machine: the VM is emulated,{" "}
        {isBoot
          ? "and this takes about a minute. With KVM it takes seconds."
          : "and this takes some seconds. With KVM it takes a fraction of one."}
      </span>
    </p>
  );
}
