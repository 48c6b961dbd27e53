import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { z } from "zod";

/** One file's part of the report: its tests, and why it did not load. */
const FileReport = z.object({
  name: z.string().default(""),
  status: z.string().default(""),
  message: z.string().default(""),
  assertionResults: z
    .array(
      z.object({ status: z.string(), fullName: z.string(), failureMessages: z.array(z.string()).nullish() }),
    )
    .default([]),
});

/** The part of vitest's JSON report that counts. */
const Report = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int().default(0),
  numFailedTestSuites: z.int().default(0),
  success: z.boolean(),
  testResults: z.array(FileReport).default([]),
});

export interface TierResult {
  readonly tier: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  /** What failed, each with the first lines of its reason. */
  readonly failures: readonly Failure[];
  /** What passed at the second try, with the reason of the first. They are among the passed. */
  readonly unsteady: readonly Failure[];
}

export interface Failure {
  readonly file: string;
  /** The test's whole name; null if its file could not be run. */
  readonly test: string | null;
  readonly reason: string;
}

/** So much of a reason is repeated at the end: an assertion with what was got, and where. */
const REASON_LINES = 12;

/** Reads one tier's report. No report, an empty one, or a file that does not load counts as a failure. */
export async function readTierReport(tier: string, file: string, seconds: number): Promise<TierResult> {
  const report = Report.safeParse(await readJson(file)).data;
  if (!report) return { tier, passed: 0, failed: 1, skipped: 0, seconds, failures: [], unsteady: [] };
  const passed = report.numPassedTests;
  const failed = report.numFailedTests;
  const skipped = report.numPendingTests + report.numTodoTests;
  // A file that cannot be loaded has no tests to fail; an empty tier proves nothing.
  const hidden = failed === 0 && (!report.success || passed === 0) ? 1 : 0;
  const failures = report.testResults.flatMap(failuresOf);
  const unsteady = report.testResults.flatMap(unsteadyOf);
  return { tier, passed, failed: failed + hidden, skipped, seconds, failures, unsteady };
}

type File = z.infer<typeof FileReport>;

function failuresOf(report: File): Failure[] {
  const { name, status, message, assertionResults } = report;
  const failed = assertionResults.filter((one) => one.status === "failed");
  if (failed.length === 0 && status === "failed")
    return [{ file: relative(process.cwd(), name), test: null, reason: beginning(message) }];
  return failed.map((one) => withReason(report, one));
}

function unsteadyOf(report: File): Failure[] {
  const twice = report.assertionResults.filter(
    ({ status, failureMessages }) => status === "passed" && (failureMessages ?? []).length > 0,
  );
  return twice.map((one) => withReason(report, one));
}

const withReason = ({ name }: File, { fullName, failureMessages }: File["assertionResults"][number]) => ({
  file: relative(process.cwd(), name),
  test: fullName,
  reason: beginning((failureMessages ?? []).join("\n")),
});

const beginning = (text: string): string =>
  stripVTControlCharacters(text).split("\n").slice(0, REASON_LINES).join("\n");

/** What failed, or passed at the second try only, for the end of the output: of a long run that may be all that is kept. */
export function failureList(results: readonly TierResult[]): string {
  const items = results.flatMap(({ tier, failures, unsteady }) => [
    ...unsteady.map((one) => item(`UNSTEADY ${tier}`, one)),
    ...failures.map((one) => item(`FAILED ${tier}`, one)),
  ]);
  return items.join("\n");
}

const item = (what: string, { file, test, reason }: Failure): string =>
  `${what}  ${file}${test === null ? "" : ` > ${test}`}\n${reason.replace(/^/gm, "  ")}\n`;

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
  const unsteady = sum((one) => one.unsteady.length);
  const twice = unsteady > 0 ? `, ${unsteady} of the passed at the second try` : "";
  const tail = `${skipped > 0 ? `, ${skipped} skipped` : ""}${twice}`;
  return `${sum((one) => one.passed)} passed, ${sum((one) => one.failed)} failed${tail}`;
}

/** Whether every tier ran and nothing failed or was skipped. */
export const isGreen = (results: readonly TierResult[]): boolean =>
  results.length > 0 &&
  results.every(({ passed, failed, skipped }) => passed > 0 && failed === 0 && skipped === 0);
