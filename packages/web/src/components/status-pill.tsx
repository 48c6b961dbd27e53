import type { SessionStatus } from "@browservm/contract";
import css from "./status-pill.module.css";

const WORDS: Readonly<Record<SessionStatus, string>> = {
  pending: "Starting",
  ready: "Ready",
  paused: "Paused",
  ending: "Ending",
  ended: "Ended",
  failed: "Failed",
};

/** A session's status as a word, with a dot whose colour only repeats it. */
export function StatusPill({ status }: { status: SessionStatus }) {
  return (
    <span className={`${css.pill} ${css[status]}`}>
      <span className={css.dot} aria-hidden="true" />
      {WORDS[status]}
    </span>
  );
}
