import { BrowserVmError } from "@browservm/contract";
import { expect, test } from "vitest";
import { exitStatusOfFix, exitStatusOfReport, exitStatusOfTrouble } from "./exit-status.ts";
import { mergeReports } from "./merge-reports.ts";
import { finding, orphan, report } from "./testing/make-report.ts";

const healthy = report([finding("tap-down")]);
const faulty = report([orphan()]);
const unclear = report([finding("guest-silent", { verdict: "unknown" })]);
const step = (done: boolean) => ({ code: "tap-orphan", words: "plug it in", done });

test("healthy is 0, also with warnings; faults are 1; what could not be told is 3", () => {
  expect([healthy, faulty, unclear].map(exitStatusOfReport)).toEqual([0, 1, 3]);
  expect(exitStatusOfReport(report([finding("tap-mtu", { verdict: "warn" })]))).toBe(0);
});

test("fixed is 4 only when something was done and the second look found everything in order", () => {
  expect(exitStatusOfFix({ before: faulty, steps: [step(true)], after: healthy })).toBe(4);
  expect(exitStatusOfFix({ before: healthy, steps: [], after: healthy })).toBe(0);
  expect(exitStatusOfFix({ before: faulty, steps: [step(true)], after: faulty })).toBe(1);
  expect(exitStatusOfFix({ before: faulty, steps: [step(true)], after: unclear })).toBe(3);
  expect(exitStatusOfFix({ before: faulty, steps: [step(false)] })).toBe(1);
});

test.each([
  ["VM_NOT_FOUND", 2],
  ["CHECK_NOT_FOUND", 2],
  ["NOT_RUNNING", 3],
  ["SESSION_OVER", 3],
  ["FORBIDDEN", 3],
  ["INTERNAL", 70],
  ["CANCELLED", 130],
] as const)("who asks and is told %s leaves with %d", (code, status) => {
  expect(exitStatusOfTrouble(new BrowserVmError(code, "no"))).toBe(status);
});

test("the machine's report and hostd's become one that is as bad as the worse", () => {
  const machine = report([finding("memory", { layer: "host", verdict: "fail" })], { subject: "machine" });
  expect(mergeReports(machine, faulty)).toMatchObject({
    subject: "host",
    verdict: "faults",
    rootCauses: ["memory", "tap-orphan"],
    findings: [{ code: "memory" }, { code: "tap-orphan" }],
    timing: { totalMs: 1800 },
  });
  expect(mergeReports(healthy, unclear).verdict).toBe("unknown");
  expect(mergeReports(unclear, faulty).verdict).toBe("faults");
});
