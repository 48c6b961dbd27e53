import { expect, test } from "vitest";
import { PoolFaults } from "./pool-faults.ts";

const reason = { code: "VMM_DIED", message: "it died", fix: "look" };

test("a pool waits twice as long each time that it fails, at most five minutes, and its reason stands", () => {
  const faults = new PoolFaults();
  let now = 0;
  const waits = Array.from({ length: 8 }, () => {
    const waitMs = faults.blame("warm", reason, now) ?? 0;
    now += waitMs;
    return waitMs / 1000;
  });
  expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300]);
  expect(faults.all.get("warm")).toMatchObject({ until: now, reason });
});

test("many that fail together count once", () => {
  const faults = new PoolFaults();
  expect(faults.blame("warm", reason, 0)).toBe(5000);
  expect(faults.blame("warm", reason, 4999)).toBeUndefined();
  expect(faults.blame("warm", reason, 5000)).toBe(10_000);
});

test("success begins anew, for that pool only", () => {
  const faults = new PoolFaults();
  for (const pool of ["warm", "cold"]) faults.blame(pool, reason, 0);
  expect(faults.forgive("warm")).toBe(true);
  expect(faults.forgive("warm")).toBe(false);
  expect([...faults.all.keys()]).toEqual(["cold"]);
  expect(faults.blame("warm", reason, 0)).toBe(5000);
});
