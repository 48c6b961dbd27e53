import { beforeEach, expect, test } from "vitest";
import { BackOff } from "./back-off.ts";

let now = 0;
let backOff: BackOff;
beforeEach(() => {
  now = 1_000_000;
  backOff = new BackOff(() => now);
});

/** The fault is seen after `ms`, and repaired if we may. */
function seenAfter(ms: number, fault = "tap-orphan vm_1"): string {
  now += ms;
  const decision = backOff.seen(fault);
  if (decision === "repair") backOff.repaired(fault);
  return decision;
}

test("a fault that comes now and then is repaired each time", () => {
  for (let time = 0; time < 20; time++) expect(seenAfter(10_001)).toBe("repair");
});

test("the third repair in a row that does not hold is the last for two seconds", () => {
  expect([0, 100, 100, 100, 100, 1800].map((ms) => seenAfter(ms))).toEqual([
    "repair",
    "repair",
    "repair",
    "give-up",
    "wait",
    "wait",
  ]);
  expect(seenAfter(101)).toBe("repair");
});

test("waits double up to five minutes, with one attempt and one report between them", () => {
  for (let time = 0; time < 3; time++) seenAfter(10);
  const waits: number[] = [];
  for (let time = 0; time < 10; time++) {
    expect(seenAfter(10)).toBe("give-up");
    const began = now;
    while (backOff.seen("tap-orphan vm_1") === "wait") now += 500;
    backOff.repaired("tap-orphan vm_1");
    waits.push((now - began) / 1000);
  }
  expect(waits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
});

test("an attempt that holds ends it", () => {
  for (let time = 0; time < 4; time++) seenAfter(10);
  expect(seenAfter(2000)).toBe("repair");
  expect(seenAfter(10_001)).toBe("repair");
  expect(seenAfter(10)).toBe("repair");
  expect(seenAfter(10)).toBe("repair");
  expect(seenAfter(10)).toBe("give-up");
});

test("faults do not count for each other, and one that a person repairs starts afresh", () => {
  for (let time = 0; time < 4; time++) seenAfter(10);
  expect(seenAfter(10, "tap-orphan vm_2")).toBe("repair");
  backOff.forget("tap-orphan vm_1");
  expect(seenAfter(10)).toBe("repair");
});
