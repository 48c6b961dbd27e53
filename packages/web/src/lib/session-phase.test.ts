import type { SessionStatus, VmState } from "@browservm/contract";
import { expect, test } from "vitest";
import { isMoving, phaseOf } from "./session-phase.ts";

test.each<[SessionStatus, VmState, string, boolean]>([
  ["pending", "restoring", "pending", true],
  ["ready", "ready", "ready", false],
  ["ready", "verifying", "ready", false],
  ["paused", "pausing", "pausing", true],
  ["paused", "paused", "paused", false],
  ["paused", "resuming", "resuming", true],
  ["paused", "verifying", "resuming", true],
  ["failed", "failed", "failed", false],
])("a session that is %s with a VM that is %s is shown as %s", (status, state, phase, moves) => {
  expect(phaseOf({ status, vm: { state } })).toBe(phase);
  expect(isMoving({ status, vm: { state } })).toBe(moves);
});

test("without a VM its status is all there is", () => {
  expect(phaseOf({ status: "pending", vm: null })).toBe("pending");
});
