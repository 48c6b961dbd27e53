import { GATE_STEPS, GateReport } from "@browservm/contract";
import { expect, test } from "vitest";
import { failedPart, PARTS, partState, stepStates, stepsOf } from "./path-picture.ts";

const at = "2026-01-01T00:00:00.000Z";
const report = (verdicts: Record<string, string>, verdict = "running") =>
  GateReport.parse({
    vmId: "vm",
    run: 1,
    verdict,
    accelerator: "kvm",
    startedAt: at,
    steps: GATE_STEPS.filter(({ id }) => id in verdicts).map(({ id, name, title }) => ({
      id,
      name,
      title,
      verdict: verdicts[id],
      startedAt: at,
      durationMs: 1,
      evidence: [],
    })),
  });
const part = (id: string) => PARTS.find((candidate) => candidate.id === id) ?? expect.fail(id);

test("every gate step is shown by exactly one part", () => {
  const shown = PARTS.flatMap(({ proves }) => proves).toSorted();
  expect(shown).toEqual(GATE_STEPS.map(({ id }) => id).toSorted());
});

test("without a report all parts wait", () => {
  const states = stepStates(null);
  expect(PARTS.map((one) => partState(one, states))).toEqual(PARTS.map(() => "waiting"));
});

test("the first step that has no verdict is the one that runs", () => {
  const states = stepStates(report({ R1: "pass", R2: "pass" }));
  expect(states.get("R3")).toBe("running");
  expect(states.get("R4")).toBe("waiting");
  expect(partState(part("vmm"), states)).toBe("running");
});

test("a part of two steps is only as good as the worse one", () => {
  const gate = report({ R1: "pass", R2: "pass", R3: "fail" }, "fail");
  const both = { ...part("tap"), proves: ["R1", "R3"] as const };
  expect(partState(both, stepStates(gate))).toBe("fail");
  expect(stepsOf(both, gate).map(({ id }) => id)).toEqual(["R1", "R3"]);
  expect(failedPart(gate)?.id).toBe("vmm");
});

test("nothing runs any more in a report that failed", () => {
  const states = stepStates(report({ R1: "fail" }, "fail"));
  expect(states.get("R2")).toBe("waiting");
});

test("unknown is never shown as a pass", () => {
  expect(partState(part("uplink"), stepStates(report({ R8: "unknown" })))).toBe("unknown");
});
