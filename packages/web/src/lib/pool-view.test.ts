import { expect, test } from "vitest";
import { fillWords, hitShare, seatsOf } from "./pool-view.ts";
import { poolFact } from "./testing/stock-facts.ts";

test("each seat of a small pool is told apart, ready ones first", () => {
  expect(seatsOf(poolFact({ size: 4, ready: 2, filling: 1 }))).toEqual([
    "ready",
    "ready",
    "filling",
    "empty",
  ]);
});

test("a pool that was just made smaller shows what it still holds", () => {
  expect(seatsOf(poolFact({ size: 1, ready: 2, filling: 0 }))).toEqual(["ready", "ready"]);
});

test("a large pool has a bar instead", () => {
  expect(seatsOf(poolFact({ size: 200, ready: 3 }))).toBeUndefined();
});

test("how full it is, in words", () => {
  expect(fillWords(poolFact())).toBe("2 of 3 ready, 1 under way");
  expect(fillWords(poolFact({ ready: 3, filling: 0 }))).toBe("3 of 3 ready");
  expect(fillWords(poolFact({ size: 0, ready: 0, filling: 0 }))).toBe("switched off");
});

test("the share of hits, once somebody has asked", () => {
  expect(hitShare(poolFact())).toBe("90 %");
  expect(hitShare(poolFact({ hits: 0, misses: 0 }))).toBeUndefined();
});
