import { Check, CircleDashed, CornerDownRight, Loader, Minus, TriangleAlert, X } from "lucide-react";
import type { PartState } from "../../lib/path-picture.ts";
import css from "./verdict-mark.module.css";

export const STATE_WORDS: Readonly<Record<PartState, string>> = {
  waiting: "not looked at yet",
  running: "being looked at",
  pass: "proven",
  fail: "failed",
  affected: "suffers from another part",
  skip: "not needed here",
  unknown: "could not be decided",
};

const ICONS = {
  waiting: CircleDashed,
  running: Loader,
  pass: Check,
  fail: X,
  affected: CornerDownRight,
  skip: Minus,
  unknown: TriangleAlert,
};

/** A verdict as a sign; its shape says as much as its colour. */
export function VerdictMark({ state, size = 16 }: { state: PartState; size?: number }) {
  const Icon = ICONS[state];
  return (
    <span className={`${css.mark} ${css[state]}`}>
      <Icon size={size} strokeWidth={2.4} aria-hidden="true" />
      <span className="visually-hidden">{STATE_WORDS[state]}</span>
    </span>
  );
}
