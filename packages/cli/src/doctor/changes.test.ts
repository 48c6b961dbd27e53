import { expect, test } from "vitest";
import { changesBetween } from "./changes.ts";
import { finding, orphan, report, VM } from "./testing/make-report.ts";

const names = (changes: ReturnType<typeof changesBetween>) =>
  changes.map(({ change, finding: { code, vmId } }) => `${change} ${code} ${vmId ?? "host"}`);

test("what came, went and got worse is told once, and what stayed is not", () => {
  const warning = finding("bridge-mac-unpinned", { verdict: "warn" });
  const before = report([warning, finding("tap-down", { verdict: "fail" })]);
  const after = report([{ ...warning, verdict: "fail" }, orphan(), finding("tap-down")]);
  expect(names(changesBetween(before, after))).toEqual([
    "changed bridge-mac-unpinned host",
    `appeared tap-orphan ${VM}`,
    "gone tap-down host",
  ]);
  expect(changesBetween(after, after)).toEqual([]);
});

test("symptoms under a root cause are no changes", () => {
  const symptom = finding("guest-ping-dead", { verdict: "fail", suppressedBy: ["tap-orphan"] });
  expect(names(changesBetween(report([]), report([orphan(), symptom])))).toEqual([
    `appeared tap-orphan ${VM}`,
  ]);
});
