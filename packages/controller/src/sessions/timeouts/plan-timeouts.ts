import type { TimedSession } from "../session-record.ts";
import { type Deadline, deadlinesOf } from "./deadlines.ts";

/** What a time-out asks for now. */
export interface TimeoutStep {
  readonly do: "warn" | "end" | "pause";
  readonly deadline: Deadline;
}

/**
 * What is due at `now` (ms since the epoch): a deadline that has passed is acted on, one that is near is warned of, once
 * for each time that it has. No warning comes before half of the time is over.
 */
export function planTimeouts(record: TimedSession, now: number, warnSeconds: number): TimeoutStep[] {
  const deadlines = deadlinesOf(record);
  const hasPassed = ({ at }: Deadline) => Date.parse(at) <= now;
  const ending = deadlines.find((deadline) => deadline.action === "end" && hasPassed(deadline));
  if (ending) return [{ do: "end", deadline: ending }];
  return deadlines.flatMap((deadline): TimeoutStep[] => {
    if (hasPassed(deadline)) return [{ do: "pause", deadline }];
    const { timeout, at, seconds } = deadline;
    const leadMs = Math.min(warnSeconds, seconds / 2) * 1000;
    const isNear = leadMs > 0 && Date.parse(at) - leadMs <= now;
    return isNear && record.warned[timeout] !== at ? [{ do: "warn", deadline }] : [];
  });
}
