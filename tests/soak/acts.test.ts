import { expect, test } from "vitest";
import { planActs } from "./acts.ts";

test("hostd, the controller and both are killed once each, between other sessions", () => {
  const acts = planActs(20);
  expect(acts.filter((act) => act === "other session")).toHaveLength(20);
  expect(acts.flatMap((act, index) => (act === "other session" ? [] : [[index, act]]))).toEqual([
    [5, "kill hostd"],
    [11, "kill controller"],
    [17, "kill both"],
  ]);
});

test.each([0, 1, 2])("with %d other sessions the kills happen all the same", (others) => {
  expect(planActs(others)).toHaveLength(others + 3);
});
