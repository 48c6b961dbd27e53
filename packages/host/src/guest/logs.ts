import { setTimeout as sleep } from "node:timers/promises";
import { sanitizeLine } from "@browservm/contract";
import type { Guest } from "./guest.ts";

export interface FollowOptions {
  /** How many of the lines that exist are told first. */
  readonly lines: number;
  readonly signal: AbortSignal;
  /** Deadline of each single call beyond the guest's own waiting, in milliseconds. */
  readonly timeoutMs?: number;
}

const WAIT_MS = 15_000;
const CALL_MS = 30_000;
/** A guest that answers at once with nothing must not keep the host busy. */
const REST_MS = 100;

/** The journal's last lines, oldest first, safe to print. */
export async function tailJournal(
  guest: Guest,
  lines: number,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<string[]> {
  const tail = await guest.call("journal.tail", { lines }, { timeoutMs, ...(signal ? { signal } : {}) });
  return tail.lines.map((line) => sanitizeLine(line));
}

/** The journal's last lines and then each new one, until `signal` ends. Lines are safe to print. */
export function followJournal(guest: Guest, options: FollowOptions): AsyncGenerator<string, void, undefined> {
  let cursor: string | undefined;
  return follow(options, async (call) => {
    const part =
      cursor === undefined
        ? await guest.call("journal.tail", { lines: options.lines }, call)
        : await guest.call("journal.after", { cursor, waitMs: WAIT_MS }, call);
    cursor = part.cursor;
    return part.lines;
  });
}

/** The agent's own log: its last lines, then each new one until `signal` ends. Lines are safe to print. */
export function followAgentLog(
  guest: Guest,
  options: FollowOptions,
): AsyncGenerator<string, void, undefined> {
  let after: number | undefined;
  return follow(options, async (call) => {
    const isFirst = after === undefined;
    const params = { after: after ?? 0, waitMs: isFirst ? 0 : WAIT_MS };
    const part = await guest.call("agent.log", params, call);
    after = part.next;
    return isFirst ? part.lines.slice(-options.lines) : part.lines;
  });
}

async function* follow(
  { signal, timeoutMs = CALL_MS }: FollowOptions,
  next: (call: { timeoutMs: number; signal: AbortSignal }) => Promise<readonly string[]>,
): AsyncGenerator<string, void, undefined> {
  while (!signal.aborted) {
    try {
      for (const line of await next({ timeoutMs: timeoutMs + WAIT_MS, signal })) yield sanitizeLine(line);
      await sleep(REST_MS, undefined, { signal });
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
  }
}

/** The agent's own last lines, oldest first, safe to print. */
export async function tailAgentLog(
  guest: Guest,
  lines: number,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<string[]> {
  const log = await guest.call(
    "agent.log",
    { after: 0, waitMs: 0 },
    { timeoutMs, ...(signal ? { signal } : {}) },
  );
  return log.lines.slice(-lines).map((line) => sanitizeLine(line));
}
