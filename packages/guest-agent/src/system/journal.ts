import { sanitizeLine } from "@browservm/contract/channel/sanitize";
import type { GuestResult } from "@browservm/contract/guest/calls";
import * as z from "zod";
import { killGroup, notStarted, start } from "../child.ts";

type Part = GuestResult<"journal.tail">;

/** systemd.journal-fields(7). Text that is not UTF-8 comes as an array of bytes. */
const Entry = z.object({
  __CURSOR: z.string().max(512),
  __REALTIME_TIMESTAMP: z.string().default("0"),
  MESSAGE: z
    .union([z.string(), z.array(z.int().min(0).max(255))])
    .nullable()
    .default(""),
  SYSLOG_IDENTIFIER: z.unknown().optional(),
  _PID: z.unknown().optional(),
});

const FIELDS = "--output-fields=MESSAGE,SYSLOG_IDENTIFIER,_PID";
const MAX_LINES = 1000;
/** Keeps an answer within one line of the channel. */
const MAX_CHARS = 400_000;
const LATE_MS = 20_000;
/** How long after the first new line more are gathered. */
const GATHER_MS = 150;

/** The journal's last lines, oldest first, and the place after them. */
export function journalTail(lines: number, unit: string | undefined, signal: AbortSignal): Promise<Part> {
  if (unit?.startsWith("-")) throw new Error("that is not a unit's name");
  const args = ["-n", String(lines), ...(unit ? [`--unit=${unit}`] : [])];
  return read(args, { untilMs: LATE_MS, isFollowing: false, cursor: "", signal });
}

/** What came after the cursor; waits up to `waitMs` for a first line. A cursor that is gone gives the last lines. */
export async function journalAfter(cursor: string, waitMs: number, signal: AbortSignal): Promise<Part> {
  if (cursor === "") return journalTail(MAX_LINES, undefined, signal);
  const args = [`--after-cursor=${cursor}`];
  const stored = await read(args, { untilMs: LATE_MS, isFollowing: false, cursor, signal });
  if (stored.lines.length > 0 || waitMs === 0) return stored;
  const follow = ["--follow", "--no-tail", ...args];
  return read(follow, { untilMs: waitMs, isFollowing: true, cursor, signal });
}

interface Reading {
  readonly untilMs: number;
  readonly isFollowing: boolean;
  /** Where we are when nothing comes. */
  readonly cursor: string;
  readonly signal: AbortSignal;
}

function read(args: readonly string[], { untilMs, isFollowing, cursor, signal }: Reading): Promise<Part> {
  const child = start("journalctl", ["--quiet", "--no-pager", "--output=json", FIELDS, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const part: Part = { lines: [], cursor };
  let chars = 0;
  let rest = "";
  let problem = "";
  const { promise, resolve, reject } = Promise.withResolvers<Part>();
  const stop = () => killGroup(child, "SIGKILL");
  let timer = setTimeout(stop, untilMs);
  signal.addEventListener("abort", stop, { once: true });
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (part.lines.length >= MAX_LINES || chars >= MAX_CHARS) return stop();
      const entry = formatEntry(line);
      if (!entry) continue;
      part.lines.push(entry.line);
      part.cursor = entry.cursor;
      chars += entry.line.length;
    }
    if (!isFollowing || part.lines.length === 0) return;
    clearTimeout(timer);
    timer = setTimeout(stop, GATHER_MS);
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    problem = (problem + text).slice(-500);
  });
  child.once("error", (error) => reject(notStarted("journalctl", error)));
  child.once("close", (code) => {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    if (code !== null && code !== 0 && part.lines.length === 0 && problem !== "")
      reject(new Error(problem.trim()));
    else resolve(part);
  });
  return promise;
}

/** One entry as a line for people, with the place after it; undefined for what is not an entry. */
export function formatEntry(json: string): { readonly line: string; readonly cursor: string } | undefined {
  const entry = Entry.safeParse(parseOrNothing(json));
  if (!entry.success) return undefined;
  const { __CURSOR: cursor, __REALTIME_TIMESTAMP, MESSAGE, SYSLOG_IDENTIFIER, _PID } = entry.data;
  const time = new Date(Number(__REALTIME_TIMESTAMP) / 1000).toISOString();
  const who = typeof SYSLOG_IDENTIFIER === "string" ? SYSLOG_IDENTIFIER : "?";
  const pid = typeof _PID === "string" ? `[${_PID}]` : "";
  const message = Array.isArray(MESSAGE) ? Buffer.from(MESSAGE).toString("utf8") : (MESSAGE ?? "");
  return { line: sanitizeLine(`${time} ${who}${pid}: ${message}`, 4000), cursor };
}

function parseOrNothing(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // journalctl was cut off in the middle of a line
  }
}
