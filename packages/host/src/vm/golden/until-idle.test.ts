import { expect, test } from "vitest";
import { untilIdle } from "./until-idle.ts";

test("a process that does nothing is idle", async () => {
  // The test itself: it sleeps while it is looked at.
  expect(await untilIdle(process.pid, AbortSignal.timeout(8000))).toBe(true);
});

test("one that never rests is not, and the wait ends with its signal", async () => {
  const end = AbortSignal.timeout(1500);
  const busy = setInterval(() => {
    for (const until = performance.now() + 40; performance.now() < until; );
  }, 45);
  expect(await untilIdle(process.pid, end)).toBe(false);
  clearInterval(busy);
});

test("one that is gone is not", async () => {
  expect(await untilIdle(2 ** 22 + 1, AbortSignal.timeout(5000))).toBe(false);
});
