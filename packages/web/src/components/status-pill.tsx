import type { SessionPhase } from "../lib/session-phase.ts";
import css from "./status-pill.module.css";

const WORDS: Readonly<Record<SessionPhase, string>> = {
  pending: "Starting",
  ready: "Ready",
  pausing: "Pausing",
  paused: "Paused",
  resuming: "Resuming",
  ending: "Ending",
  ended: "Ended",
  failed: "Failed",
};

/** What a session is doing as a word, with a dot whose colour only repeats it. */
export function StatusPill({ phase }: { phase: SessionPhase }) {
  return (
    <span className={`${css.pill} ${css[phase]}`}>
      <span className={css.dot} aria-hidden="true" />
      {WORDS[phase]}
    </span>
  );
}
