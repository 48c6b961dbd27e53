import { type Event, Reason, type Session } from "@browservm/contract";
import { z } from "zod";
import { formatSpan } from "./format.ts";
import { phaseOf, type SessionPhase } from "./session-phase.ts";

/** The event `session.warning`: a time-out is near, or (`none`) there will be no pause after all. */
export const TimeoutWarning = z.object({
  timeout: z.enum(["absolute", "idle", "offline"]),
  at: z.iso.datetime(),
  action: z.enum(["end", "pause", "none"]),
  reason: Reason.optional(),
});
export type TimeoutWarning = z.infer<typeof TimeoutWarning>;
type Timeout = TimeoutWarning["timeout"];

export interface Deadline {
  readonly timeout: Timeout;
  readonly at: string;
  readonly action: "end" | "pause";
}

/** The time-outs that run now, the nearest first. */
export function deadlinesOf({ timeouts }: Session): readonly Deadline[] {
  const { absoluteAt, offlineAt, idleAt, onIdle } = timeouts;
  const all: readonly (readonly [Timeout, string | null, Deadline["action"]])[] = [
    ["absolute", absoluteAt, "end"],
    ["offline", offlineAt, "end"],
    ["idle", idleAt, onIdle],
  ];
  return all
    .flatMap(([timeout, at, action]) => (at === null ? [] : [{ timeout, at, action }]))
    .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

const WHEN: Readonly<Record<Timeout, string>> = {
  absolute: "whatever is done in it",
  offline: "when nobody looks at it any more",
  idle: "when nothing is done in it",
};

/** One time-out as a sentence: "Pauses in 14 min when nothing is done in it". */
export function deadlineWords({ timeout, at, action }: Deadline, now: number): string {
  return `${action === "end" ? "Ends" : "Pauses"} in ${formatSpan(Date.parse(at) - now)} ${WHEN[timeout]}`;
}

const UNTIMED: Readonly<Partial<Record<SessionPhase, string>>> = {
  paused: "stays paused",
  resuming: "coming back",
};

/** The nearest time-out for where there is little room: "58 min left", "pauses in 14 min". */
export function nextWords(session: Session, now: number): string {
  const [next] = deadlinesOf(session);
  if (next === undefined) return UNTIMED[phaseOf(session)] ?? "no end set";
  const span = formatSpan(Date.parse(next.at) - now);
  return next.action === "pause" ? `pauses in ${span}` : `${span} left`;
}

/** The warning that an event carries, if it is one. */
export function warningOf({ type, data }: Event): TimeoutWarning | undefined {
  return type === "session.warning" ? TimeoutWarning.safeParse(data).data : undefined;
}

/** That nothing will pause a session is worth a note for so long. In milliseconds. */
const NOTED_MS = 10 * 60_000;

/** The warning that counts now: of several the nearest. */
export function dueWarning(
  warnings: readonly TimeoutWarning[],
  session: Session,
  now: number,
): TimeoutWarning | undefined {
  return warnings
    .filter((one) => isDue(one, session, now))
    .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))[0];
}

/** An event may be old news: a warning counts while the session still has that very time-out, and it is to come. */
function isDue({ timeout, at, action }: TimeoutWarning, session: Session, now: number): boolean {
  if (action === "none")
    return session.status === "ready" && session.timeouts.idleAt === null && now - Date.parse(at) < NOTED_MS;
  const isSame = deadlinesOf(session).some(
    (one) => one.timeout === timeout && Date.parse(one.at) <= Date.parse(at),
  );
  return isSame && Date.parse(at) > now;
}

const WHY: Readonly<Record<Timeout, string>> = {
  absolute: "its whole time is over",
  offline: "nobody was seen here",
  idle: "nothing was done in it",
};

/** Why a session is about to end or pause, as the end of a sentence. */
export const warningWhy = ({ timeout }: TimeoutWarning): string => WHY[timeout];
