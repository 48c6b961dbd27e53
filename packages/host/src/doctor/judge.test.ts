import { DoctorFinding } from "@browservm/contract";
import { expect, test } from "vitest";
import { type Check, fail, manual, pass, unknown } from "./check.ts";
import { findingsOf, judge } from "./judge.ts";
import { VM_ID } from "./testing/healthy-sight.ts";

const AT = "2026-01-01T00:00:00.000Z";

const check = (over: Partial<Check<number>>): Check<number> => ({
  code: "a-check",
  layer: "host",
  title: "The number is small",
  dependsOn: [],
  breaks: [],
  explanation: { symptom: "s", cause: "c", evidence: "e", fix: manual("in general") },
  judge: () => pass("procfs", "number", "1"),
  ...over,
});

test("a check that throws is unknown, and says what it said", () => {
  const throws = check({
    judge: () => {
      throw new TypeError("no such field");
    },
  });
  const [finding] = findingsOf(judge([throws], 1, { at: AT }));
  expect(finding).toMatchObject({ verdict: "unknown", cause: "the check itself failed: no such field" });
});

test("evidence is stamped, bounded, and without a guest's control characters", () => {
  const noisy = check({
    judge: () =>
      fail(
        "\u001b[31mred\u0007",
        Array.from({ length: 60 }, () => ({
          source: "console" as const,
          subject: "x".repeat(500),
          excerpt: `\u001b]0;title\u0007${"y".repeat(5000)}`,
        })),
      ),
  });
  const [finding] = findingsOf(judge([noisy], 1, { at: AT, vmId: VM_ID }));
  expect(DoctorFinding.parse(finding)).toMatchObject({ vmId: VM_ID, evidence: { length: 40 } });
  expect(finding?.cause).not.toMatch(/\p{Cc}/u);
  expect(finding?.evidence[0]).toMatchObject({ at: AT });
  expect(finding?.evidence[0]?.excerpt).not.toMatch(/\p{Cc}/u);
});

test("a fault has the fix of this very case, else the general one; what is unknown has none", () => {
  const general = check({ judge: () => fail("it is large", []) });
  const special = check({ judge: () => fail("it is large", [], manual("just here")) });
  const unclear = check({ judge: () => unknown("it cannot be read", []) });
  const fixes = findingsOf(judge([general, special, unclear], 1, { at: AT })).map(({ fix }) => fix?.text);
  expect(fixes).toEqual(["in general", "just here", undefined]);
});

test("an excused check is skipped without being asked", () => {
  const never = check({
    judge: () => {
      throw new Error("asked");
    },
  });
  const [finding] = findingsOf(judge([never], 1, { at: AT, excuse: () => "the VM is booting" }));
  expect(finding).toMatchObject({ verdict: "skip", evidence: [{ excerpt: "the VM is booting" }] });
});

test("what passes is never said to be suppressed", () => {
  const broken = check({ code: "root", breaks: ["ping"], judge: () => fail("broken", []) });
  const fine = check({ code: "symptom", shows: "ping" });
  const [, finding] = findingsOf(judge([broken, fine], 1, { at: AT }));
  expect(finding).toMatchObject({ verdict: "pass", suppressedBy: [] });
});
