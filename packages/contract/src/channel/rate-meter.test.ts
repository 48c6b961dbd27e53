import { expect, test } from "vitest";
import { RateMeter } from "./rate-meter.ts";

test("gives its burst at once and then its rate", () => {
  const meter = new RateMeter({ burst: 10, perSecond: 5 }, 0);
  expect(meter.take(10, 0)).toBe(true);
  expect(meter.take(1, 100)).toBe(false);
  expect(meter.take(1, 200)).toBe(true);
});

test("never saves more than its burst, and a clock that steps back earns nothing", () => {
  const meter = new RateMeter({ burst: 10, perSecond: 5 }, 1000);
  expect(meter.take(11, 1_000_000)).toBe(false);
  expect(meter.take(10, 1_000_000)).toBe(true);
  expect(meter.take(1, 0)).toBe(false);
});

test("says how long to wait when more was borrowed than there is", () => {
  const meter = new RateMeter({ burst: 10, perSecond: 5 }, 0);
  expect(meter.borrow(10, 0)).toBe(0);
  expect(meter.borrow(5, 0)).toBe(1000);
});
