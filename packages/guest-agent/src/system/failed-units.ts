import type { GuestResult } from "@browservm/contract/guest/calls";
import { journalTail } from "./journal.ts";
import { servicesStatus } from "./services.ts";

type FailedUnit = GuestResult<"health.get">["failedUnits"][number];

const MAX_UNITS = 16;
const LINES = 10;
/** 16 units with 10 lines each stay far below one line of the channel. */
const LINE_CHARS = 1000;

/** Each failed unit with the last lines that it wrote. */
export async function readFailedUnits(signal: AbortSignal): Promise<FailedUnit[]> {
  const { failed } = await servicesStatus([]);
  return Promise.all(
    failed.slice(0, MAX_UNITS).map(async (name) => ({ name, lines: await lastLines(name, signal) })),
  );
}

async function lastLines(unit: string, signal: AbortSignal): Promise<string[]> {
  try {
    const { lines } = await journalTail(LINES, unit, signal);
    return lines.map((line) => line.slice(0, LINE_CHARS));
  } catch (error) {
    return [`(the journal cannot be read: ${(error as Error).message})`.slice(0, LINE_CHARS)];
  }
}
