"use client";
import { Hourglass } from "lucide-react";
import { formatClock } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import css from "./signin-guide-panel.module.css";

const SHORT_MS = 60_000;

/** How long there is still time to sign in. */
export function TimeLeft({ expiresAt }: { expiresAt: string }) {
  const now = useNow(500);
  if (now === null) return null;
  const left = Date.parse(expiresAt) - now;
  return (
    <p className={css.left} data-short={left < SHORT_MS} role="timer" aria-label="Time left to sign in">
      <Hourglass size={15} aria-hidden="true" />
      {left > 0 ? `${formatClock(left)} left` : "The time is over"}
    </p>
  );
}
