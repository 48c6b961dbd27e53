import { type DoctorFinding, type DoctorReport, VmId } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { falseAlarms, judgeReport } from "./judge-report.ts";

const VM = VmId.parse("vm_aaaaaaaaaaaaaaaaaaaa");
const AT = "2026-01-01T00:00:00.000Z";

const finding = (code: string, over: Partial<DoctorFinding> = {}): DoctorFinding => ({
  ...{ code, layer: "tap", title: "t", verdict: "fail", vmId: VM, evidence: [], suppressedBy: [] },
  fix: { kind: "auto", text: "", commands: [], risk: "none" },
  ...over,
});

const report = (rootCauses: string[], findings: DoctorFinding[]): DoctorReport => ({
  ...{ version: 1, runId: "r", at: AT, subject: "vm", vmId: VM, lastSeen: [] },
  ...{ verdict: rootCauses.length > 0 ? "faults" : "healthy", rootCauses, findings },
  timing: { snapshotMs: 1, probeMs: 1, totalMs: 2 },
});

const EXPECTED = { code: "tap-down", symptoms: ["guest-ping-dead"], fix: "auto" } as const;
const SYMPTOM = finding("guest-ping-dead", { suppressedBy: ["tap-down"] });

describe("a report of an injected fault", () => {
  test("is right when the cause is named, its symptom is put down to it, and the fix is known", () => {
    const judged = judgeReport(report(["tap-down"], [finding("tap-down"), SYMPTOM]), VM, EXPECTED);
    expect(judged).toEqual({ named: true, complaints: [], got: ["tap-down"] });
  });

  test.each<[string, DoctorReport, string]>([
    ["names nothing", report([], []), "tap-down is absent"],
    [
      "blames something else as well",
      report(["tap-down", "tap-mtu"], [finding("tap-down"), finding("tap-mtu"), SYMPTOM]),
      "also blamed: tap-mtu",
    ],
    [
      "puts the cause down to another",
      report(["tap-mtu"], [finding("tap-down", { suppressedBy: ["tap-mtu"] }), finding("tap-mtu"), SYMPTOM]),
      "tap-down is put down to tap-mtu",
    ],
  ])("is wrong when it %s", (_, said, complaint) => {
    const { named, complaints } = judgeReport(said, VM, EXPECTED);
    expect(named).toBe(false);
    expect(complaints).toContain(complaint);
  });

  test("is incomplete when a symptom stands alone, is missing, or the fix is another", () => {
    const alone = report(["tap-down"], [finding("tap-down"), finding("guest-ping-dead")]);
    expect(judgeReport(alone, VM, EXPECTED).complaints).toEqual(["symptom guest-ping-dead stands alone"]);
    const missing = report(["tap-down"], [finding("tap-down")]);
    expect(judgeReport(missing, VM, { ...EXPECTED, fix: "restart" }).complaints).toEqual([
      "symptom guest-ping-dead is absent",
      "its fix is auto, not restart",
    ]);
  });

  test("may warn where nothing is broken yet, but not fail", () => {
    const expected = { code: "bridge-full", verdict: "warn", fix: "auto" } as const;
    const warned = finding("bridge-full", { verdict: "warn" });
    expect(judgeReport(report([], [warned]), VM, expected).named).toBe(true);
    expect(judgeReport(report(["bridge-full"], [finding("bridge-full")]), VM, expected).named).toBe(false);
  });
});

test("a healthy VM's report has no failure, and nothing that could not be looked at", () => {
  expect(falseAlarms(report([], [finding("tap-mtu", { verdict: "warn" })]))).toEqual([]);
  expect(falseAlarms(report([], [finding("tap-mtu", { verdict: "unknown", cause: "why" })]))).toEqual([
    "tap-mtu is unknown: why",
  ]);
  expect(falseAlarms(report(["tap-down"], [finding("tap-down", { cause: "why" })]))).toEqual([
    "the verdict is faults",
    "tap-down is fail: why",
  ]);
});
