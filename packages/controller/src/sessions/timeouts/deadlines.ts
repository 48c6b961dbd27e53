import type { Session } from "@browservm/contract";
import type { TimedSession, Timeout } from "../session-record.ts";

/** One time-out of a session: when, what then, and how long it was all in all. */
export interface Deadline {
  readonly timeout: Timeout;
  readonly at: string;
  readonly action: "end" | "pause";
  readonly seconds: number;
}

/** The time-outs that run now. A paused session is neither offline nor idle; only the absolute one counts. */
export function deadlinesOf(record: TimedSession): Deadline[] {
  const { status, absoluteAt, createdAt, expiresAt, ttlSeconds, idleSeconds, onIdle, activeAt } = record;
  const found: Deadline[] = [];
  if (absoluteAt !== null) {
    const seconds = (Date.parse(absoluteAt) - Date.parse(createdAt)) / 1000;
    found.push({ timeout: "absolute", at: absoluteAt, action: "end", seconds });
  }
  if (status !== "paused")
    found.push({ timeout: "offline", at: expiresAt, action: "end", seconds: ttlSeconds });
  if (status === "ready" && idleSeconds > 0 && activeAt !== null) {
    const at = new Date(Date.parse(activeAt) + idleSeconds * 1000).toISOString();
    found.push({ timeout: "idle", at, action: onIdle, seconds: idleSeconds });
  }
  return found;
}

export function timeoutsOf(record: TimedSession): Session["timeouts"] {
  const at = (timeout: Timeout) => deadlinesOf(record).find((one) => one.timeout === timeout)?.at ?? null;
  return {
    absoluteAt: record.absoluteAt,
    offlineAt: at("offline"),
    idleAt: at("idle"),
    onIdle: record.onIdle,
  };
}

/** The earliest time-out that ends it; null when none will. */
export function expiryOf(record: TimedSession): string | null {
  const ends = deadlinesOf(record).flatMap(({ action, at }) => (action === "end" ? [at] : []));
  return ends.toSorted()[0] ?? null;
}

/** When a session ends that nobody sends a heartbeat for, from now. */
export const offlineAfter = (ttlSeconds: number): string =>
  new Date(Date.now() + ttlSeconds * 1000).toISOString();
