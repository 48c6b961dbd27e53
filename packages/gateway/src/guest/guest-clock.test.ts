import { expect, test } from "vitest";
import { ByteBudget } from "./byte-budget.ts";
import { GuestClock } from "./guest-clock.ts";

test("the guest's clock is known by its quickest answer", () => {
  const clock = new GuestClock();
  expect(clock.guestUs(0)).toBeNull();
  // It is 1 s ahead; the slow answer waited on its way back.
  clock.add({ sentUs: 0, receivedUs: 2000, guestUs: 1_001_000 });
  clock.add({ sentUs: 10_000, receivedUs: 90_000, guestUs: 1_011_000 });
  expect(clock.guestUs(100_000)).toBe(1_100_000);
  expect(clock.rttMs).toBe(80);
});

test("who sends more than its budget waits for as long as that takes", () => {
  const budget = new ByteBudget({ burst: 1000, perSecond: 500 }, 0);
  expect(budget.take(1000, 0)).toBe(0);
  expect(budget.take(250, 0)).toBe(500);
  expect(budget.take(0, 500)).toBe(0);
  expect(budget.take(1000, 100_000)).toBe(0);
});
