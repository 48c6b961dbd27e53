import { expect, test } from "vitest";
import { ByteBudget } from "./byte-budget.ts";

test("who sends more than its budget waits for as long as that takes", () => {
  const budget = new ByteBudget({ burst: 1000, perSecond: 500 }, 0);
  expect(budget.take(1000, 0)).toBe(0);
  expect(budget.take(250, 0)).toBe(500);
  expect(budget.take(0, 500)).toBe(0);
  expect(budget.take(1000, 100_000)).toBe(0);
});
