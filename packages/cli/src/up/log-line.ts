import { BrowserVmError, isErrorCode } from "@browservm/contract";
import { z } from "zod";
import { printable } from "../output.ts";

const PinoLine = z.looseObject({
  level: z.union([z.number(), z.string()]),
  msg: z.string().optional(),
});
const Fatal = z.object({
  problem: z.looseObject({
    code: z.string(),
    detail: z.string(),
    details: z.record(z.string(), z.unknown()).default({}),
  }),
});

/** Fields that every line has; they say nothing to people. */
const QUIET = new Set(["level", "msg", "time", "pid", "hostname", "component", "reqId", "requestId", "v"]);
/** One line per request is for the log file, unless something was wrong with it. */
const ROUTINE = new Set(["answered", "request completed", "incoming request"]);
const LONGEST_VALUE = 120;

/** The number of pino's level `warn`, `info`, … */
export const LEVEL = { debug: 20, info: 30, warn: 40, error: 50 } as const;

/** A service's log line for people, or undefined when it is below `least`. What is not JSON is shown as it is. */
export function humanLine(service: string, line: string, least: number): string | undefined {
  const parsed = parseLine(line);
  if (!parsed) return line.trim() === "" ? undefined : `${service.padEnd(10)}  ${printable(line)}`;
  const level = typeof parsed.level === "number" ? parsed.level : LEVEL.error;
  if (level < least || parsed.msg === undefined) return undefined;
  if (level < LEVEL.warn && least > LEVEL.debug && ROUTINE.has(parsed.msg)) return undefined;
  const mark = level >= LEVEL.error ? "✗ " : level >= LEVEL.warn ? "! " : "";
  return `${service.padEnd(10)}  ${mark}${printable(parsed.msg)}${fields(parsed)}`;
}

/** The refusal with which a service ended, if this line is one. */
export function refusalIn(line: string): BrowserVmError | undefined {
  const parsed = Fatal.safeParse(parseLine(line));
  if (!parsed.success) return undefined;
  const { code, detail, details } = parsed.data.problem;
  return isErrorCode(code) ? new BrowserVmError(code, detail, details) : undefined;
}

function parseLine(line: string): z.infer<typeof PinoLine> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return PinoLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined; // a line that only looks like JSON is shown as it is
  }
}

function fields(line: Record<string, unknown>): string {
  const shown = Object.entries(line).flatMap(([name, value]) => {
    if (QUIET.has(name)) return [];
    if (name === "err") return [errorWords(value)];
    if (value === null || typeof value === "object") return [];
    return [`${name}=${String(value)}`];
  });
  return shown.length === 0 ? "" : `  ${printable(shown.join(" ")).slice(0, LONGEST_VALUE)}`;
}

function errorWords(value: unknown): string {
  return typeof value === "object" && value !== null && "message" in value
    ? `(${String(value.message)})`
    : "";
}
