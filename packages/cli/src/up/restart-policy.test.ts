import { expect, test } from "vitest";
import { RestartPolicy } from "./restart-policy.ts";

test("each exit is answered later than the one before, and the fifth within two minutes not at all", () => {
  const policy = new RestartPolicy();
  const delays = [0, 1000, 2000, 3000, 4000].map((at) => policy.delayAfterExit(at));
  expect(delays).toEqual([500, 1500, 4500, 13_500, undefined]);
});

test("exits that lie far apart are no crash loop", () => {
  const policy = new RestartPolicy();
  for (let hour = 0; hour < 20; hour++) expect(policy.delayAfterExit(hour * 3_600_000)).toBe(500);
});
