import { expect, test } from "vitest";
import { SlidingWindow } from "./sliding-window.ts";

test("percentiles are of the last span only", () => {
  const window = new SlidingWindow(10_000);
  expect(window.percentiles(0)).toBe(null);
  window.add(0, 9999);
  for (let value = 1; value <= 100; value += 1) window.add(5000 + value, value);
  expect(window.percentiles(10_000)).toEqual({ p50: 50, p95: 95 });
  expect(window.percentiles(9999)).toEqual({ p50: 50, p95: 95 });
  expect(window.percentiles(15_060)).toEqual({ p50: 80, p95: 98 });
  expect(window.percentiles(20_000)).toBe(null);
});

test("one value is both percentiles", () => {
  const window = new SlidingWindow(1000);
  window.add(1, 7);
  expect(window.percentiles(1)).toEqual({ p50: 7, p95: 7 });
});

test("a rate falls to nothing when nothing comes", () => {
  const window = new SlidingWindow(2000);
  for (let at = 0; at < 2000; at += 40) window.add(at, 1);
  expect(window.perSecond(1999)).toBe(25);
  expect(window.perSecond(2980)).toBe(12.5);
  expect(window.perSecond(4000)).toBe(0);
});
