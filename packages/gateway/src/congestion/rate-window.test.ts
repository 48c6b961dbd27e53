import { expect, test } from "vitest";
import { RateWindow } from "./rate-window.ts";

/** A packet of 125 bytes each ten milliseconds, which is 100 kbit/s. */
function pass(window: RateWindow, fromMs: number, forMs: number): number {
  for (let at = fromMs; at < fromMs + forMs; at += 10) window.add(at, 125);
  return window.kbps;
}

test("counts the last half second", () => {
  expect(pass(new RateWindow(), 0, 2000)).toBe(100);
});

test("counts nothing twice when a clock goes back, and goes on from there", () => {
  const window = new RateWindow();
  expect(pass(window, 1_000_000, 1000)).toBe(100);
  expect(pass(window, 0, 60_000)).toBe(100);
});

test("leaves out what it is told of too late", () => {
  const window = new RateWindow();
  pass(window, 0, 2000);
  window.add(1000, 1_000_000);
  expect(window.kbps).toBe(100);
});
