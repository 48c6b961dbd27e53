import { expect, test } from "vitest";
import { snapshotsSummary, snapshotUse, snapshotWords } from "./snapshot-view.ts";
import { snapshotFact } from "./testing/stock-facts.ts";

test.each([
  [snapshotFact(), "serves", "In service: nobody runs from it"],
  [snapshotFact({ users: 1 }), "serves", "In service: 1 runs from it"],
  [
    snapshotFact({ users: 2, current: false }),
    "old",
    "Out of date, for something changed since: 2 run from it",
  ],
  [snapshotFact({ state: "building", step: "settle" }), "building", "Being made: letting it settle"],
  [snapshotFact({ state: "failed" }), "failed", "It could not be made; sessions boot meanwhile"],
] as const)("a snapshot is told by what it is good for (%#)", (snapshot, use, words) => {
  expect(snapshotUse(snapshot)).toBe(use);
  expect(snapshotWords(snapshot)).toBe(words);
});

test("the summary counts those that serve, or that are being made", () => {
  expect(snapshotsSummary([])).toBe("");
  expect(snapshotsSummary([snapshotFact(), snapshotFact({ current: false })])).toBe("1 in service");
  expect(snapshotsSummary([snapshotFact(), snapshotFact({ state: "building" })])).toBe("1 being made");
});
