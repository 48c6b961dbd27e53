import { expect, test } from "vitest";
import { isDropped } from "./legacy-rules.ts";

test("a FORWARD policy of DROP is found, unless our link is accepted", () => {
  expect(isDropped("-P FORWARD ACCEPT\n", "bvm-1")).toBe(false);
  expect(isDropped("-P FORWARD DROP\n-A FORWARD -i docker0 -j ACCEPT\n", "bvm-1")).toBe(true);
  expect(isDropped("-P FORWARD DROP\n-A FORWARD -i bvm-1 -j ACCEPT\n", "bvm-1")).toBe(false);
  expect(isDropped("-P FORWARD DROP\n-A FORWARD -i bvm-12 -j ACCEPT\n", "bvm-1")).toBe(true);
});
