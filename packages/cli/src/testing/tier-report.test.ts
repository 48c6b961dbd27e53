import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { closingLine, failureList, isGreen, readTierReport } from "./tier-report.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "browservm-tier-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const read = (report: unknown) => {
  const file = join(directory, "report.json");
  writeFileSync(file, typeof report === "string" ? report : JSON.stringify(report));
  return readTierReport("unit", file, 1);
};
const report = (over: object) => ({
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  success: true,
  ...over,
});

test("the counts of a report are summed into one plain line", async () => {
  const results = [await read(report({})), await read(report({ numFailedTests: 2, success: false }))];
  expect(closingLine(results)).toBe("6 passed, 2 failed");
  expect(isGreen(results)).toBe(false);
});

test("a skipped test is named and is not green", async () => {
  const results = [await read(report({ numPendingTests: 1 }))];
  expect(closingLine(results)).toBe("3 passed, 0 failed, 1 skipped");
  expect(isGreen(results)).toBe(false);
});

test("an empty tier, a file that does not load, and a missing report are failures", async () => {
  expect(await read(report({ numPassedTests: 0 }))).toMatchObject({ failed: 1 });
  expect(await read(report({ success: false }))).toMatchObject({ failed: 1 });
  expect(await readTierReport("unit", join(directory, "none"), 1)).toMatchObject({ failed: 1 });
  expect(await read({})).toMatchObject({ failed: 1 });
  expect(await read("{ cut")).toMatchObject({ failed: 1 });
  expect(isGreen([])).toBe(false);
});

test("what failed is told at the end, with the test, its file and the beginning of its reason", async () => {
  const testResults = [
    {
      name: join(process.cwd(), "tests/vm/a.test.ts"),
      status: "failed",
      message: "",
      assertionResults: [
        { status: "passed", fullName: "a starts", failureMessages: [] },
        {
          status: "failed",
          fullName: "a ends",
          failureMessages: ["\u001b[31mAssertionError: 1 is not 2\u001b[39m\n  at x"],
        },
      ],
    },
    {
      name: join(process.cwd(), "tests/vm/b.test.ts"),
      status: "failed",
      message: "no such module",
      assertionResults: [],
    },
  ];
  const results = [await read(report({ numFailedTests: 2, success: false, testResults }))];
  expect(failureList(results)).toBe(
    "FAILED unit  tests/vm/a.test.ts > a ends\n  AssertionError: 1 is not 2\n    at x\n" +
      "\nFAILED unit  tests/vm/b.test.ts\n  no such module\n",
  );
});

test("what passed at the second try is green, and told with the reason of the first", async () => {
  const assertionResults = [
    { status: "passed", fullName: "a VM boots", failureMessages: ["Error: it took too long"] },
  ];
  const testResults = [
    { name: join(process.cwd(), "tests/vm/a.test.ts"), status: "passed", message: "", assertionResults },
  ];
  const results = [await read(report({ testResults }))];
  expect(isGreen(results)).toBe(true);
  expect(closingLine(results)).toBe("3 passed, 0 failed, 1 of the passed at the second try");
  expect(failureList(results)).toBe(
    "UNSTEADY unit  tests/vm/a.test.ts > a VM boots\n  Error: it took too long\n",
  );
});

test("nothing is told where nothing failed", async () => {
  expect(failureList([await read(report({}))])).toBe("");
});
