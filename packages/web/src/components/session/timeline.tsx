"use client";
import { GATE_STEPS, type GateReport, type Session } from "@browservm/contract";
import { Fragment } from "react";
import { formatDuration } from "../../lib/format.ts";
import { type Story, shownSteps, storiesOf, storyTitle } from "../../lib/launch-steps.ts";
import { type PartState, stepStates } from "../../lib/path-picture.ts";
import { useNow } from "../../lib/use-now.ts";
import css from "./timeline.module.css";
import { VerdictMark } from "./verdict-mark.tsx";

const LAUNCH_STATES = { running: "running", done: "pass", failed: "fail", waiting: "waiting" } as const;

interface StoryTimelineProps {
  readonly story: Story;
  /** What the step under way does, where more is known than its name. */
  readonly note?: string | undefined;
}

/** The steps of a story with the time that each took, and a running clock at the one under way. */
export function StoryTimeline({ story, note }: StoryTimelineProps) {
  const now = useNow(200);
  const rows = shownSteps(story).map((step) => ({
    key: step.key,
    state: LAUNCH_STATES[step.status],
    title: step.title,
    note: step.status === "running" ? note : undefined,
    ms:
      step.durationMs ??
      (step.status === "running" && now && step.startedAt ? now - Date.parse(step.startedAt) : undefined),
  }));
  return <TimelineRows label={storyTitle(story.kind)} rows={rows} />;
}

/** All that happened to a session's VM: its launch, then each pause and resume. */
export function Stories({ vm }: { vm: Session["vm"] }) {
  const stories = storiesOf(vm?.steps ?? [], vm?.origin);
  return stories.map((story) => (
    <Fragment key={`${story.kind}:${story.steps[0]?.startedAt}`}>
      <h2>{storyTitle(story.kind)}</h2>
      <StoryTimeline story={story} />
    </Fragment>
  ));
}

/** The ten steps of the proof, also those that are still to come. */
export function GateTimeline({ gate }: { gate: GateReport | null }) {
  const states = stepStates(gate);
  const rows = GATE_STEPS.map(({ id, title }) => {
    const step = gate?.steps.find((one) => one.id === id);
    return { key: id, mark: id, state: states.get(id) ?? "waiting", title, ms: step?.durationMs };
  });
  return <TimelineRows label="Proof" rows={rows} hasBars={false} />;
}

interface TimelineRow {
  readonly key: string;
  readonly mark?: string;
  readonly state: PartState;
  readonly title: string;
  readonly note?: string | undefined;
  readonly ms: number | undefined;
}

interface TimelineRowsProps {
  readonly label: string;
  readonly rows: readonly TimelineRow[];
  /** Lines whose length compares the times. */
  readonly hasBars?: boolean;
}

/** Steps with their marks and times. */
export function TimelineRows({ label, rows, hasBars = true }: TimelineRowsProps) {
  const longest = Math.max(1, ...rows.map(({ ms }) => ms ?? 0));
  return (
    <ol className={css.rows} aria-label={label}>
      {rows.map(({ key, mark, state, title, note, ms }) => (
        <li key={key} className={css.row} data-state={state}>
          <VerdictMark state={state} />
          {mark === undefined ? null : <span className={css.id}>{mark}</span>}
          <span className={css.title}>
            {title}
            {note === undefined ? null : <span className={css.note}>{note}</span>}
          </span>
          <span className={css.time}>{ms === undefined ? "" : formatDuration(ms)}</span>
          {ms === undefined || !hasBars ? null : (
            <progress className={css.bar} max={longest} value={ms} aria-hidden="true" tabIndex={-1} />
          )}
        </li>
      ))}
    </ol>
  );
}
