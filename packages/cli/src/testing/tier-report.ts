import { readFile } from "node:fs/promises";
import { z } from "zod";

/** The part of vitest's JSON report that counts. */
const Report = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int().default(0),
  numFailedTestSuites: z.int().default(0),
  success: z.boolean(),
});

export interface TierResult {
  readonly tier: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
}

/** Reads one tier's report. No report, an empty one, or a file that does not load counts as a failure. */
export async function readTierReport(tier: string, file: string, seconds: number): Promise<TierResult> {
  const report = Report.safeParse(await readJson(file)).data;
  if (!report) return { tier, passed: 0, failed: 1, skipped: 0, seconds };
  const passed = report.numPassedTests;
  const failed = report.numFailedTests;
  const skipped = report.numPendingTests + report.numTodoTests;
  // A file that cannot be loaded has no tests to fail; an empty tier proves nothing.
  const hidden = failed === 0 && (!report.success || passed === 0) ? 1 : 0;
  return { tier, passed, failed: failed + hidden, skipped, seconds };
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    return undefined; // the run ended before it wrote its report, or in the middle of it
  }
}

/** The closing line over all tiers. */
export function closingLine(results: readonly TierResult[]): string {
  const sum = (pick: (result: TierResult) => number) => results.reduce((total, one) => total + pick(one), 0);
  const skipped = sum((one) => one.skipped);
  const tail = skipped > 0 ? `, ${skipped} skipped` : "";
  return `${sum((one) => one.passed)} passed, ${sum((one) => one.failed)} failed${tail}`;
}

/** Whether every tier ran and nothing failed or was skipped. */
export const isGreen = (results: readonly TierResult[]): boolean =>
  results.length > 0 &&
  results.every(({ passed, failed, skipped }) => passed > 0 && failed === 0 && skipped === 0);
