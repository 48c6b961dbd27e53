import { ConnectionId } from "@browservm/contract";
import { InvalidArgumentError } from "commander";

/** A whole number from a command line. */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number))
    throw new InvalidArgumentError("not a whole number");
  return number;
}

/** A whole number from 1 on. */
export function positiveNumber(text: string): number {
  const number = wholeNumber(text);
  if (number < 1) throw new InvalidArgumentError("not 1 or more");
  return number;
}

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Seconds, from a length of time such as `15m`. */
export function duration(text: string): number {
  const [, digits = "", unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const seconds = Number(digits) * SECONDS[(unit ?? "s") as keyof typeof SECONDS];
  if (unit === undefined || seconds < 1 || !Number.isSafeInteger(seconds))
    throw new InvalidArgumentError("not a length of time such as 30s, 15m, 8h or 7d");
  return seconds;
}

/** Collects `NAME=VALUE` options into one record. */
export function assignment(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("not of the form NAME=VALUE");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** Collects `NAME=CONNECTION` options into one record. */
export function connectionVariable(
  text: string,
  before: Record<string, string> = {},
): Record<string, string> {
  const after = assignment(text, before);
  if (!Object.values(after).every((id) => ConnectionId.safeParse(id).success))
    throw new InvalidArgumentError("not of the form NAME=CONNECTION, with the connection's id");
  return after;
}

/** Collects the values of an option that may be repeated. */
export const eachOnce = (text: string, before: readonly string[] = []): string[] => [
  ...before.filter((value) => value !== text),
  text,
];
