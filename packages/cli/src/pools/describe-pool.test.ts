import { Pool } from "@browservm/contract";
import { expect, test } from "vitest";
import { poolTable, poolWords } from "./describe-pool.ts";

const pool = (part: object = {}) =>
  Pool.parse({
    name: "warm",
    source: "config",
    image: "browser",
    size: 3,
    ready: 1,
    filling: 1,
    hits: 7,
    misses: 2,
    refillMs: { p50: 4000.4, p95: 9000 },
    claimMs: null,
    reason: null,
    ...part,
  });
const reason = { code: "POOL_TOO_LARGE", message: "there is memory for 2 of 3", fix: "Ask for less." };

test("a pool's line has what is ready of how many, hits, misses and times", () => {
  const [, line] = poolTable([pool()]).split("\n");
  expect(line).toMatch(/^warm +browser +1\/3 +1 +7 +2 +– +4000\/9000 ms +config$/);
});

test("why a pool is not full is under the table, with a way out", () => {
  const text = poolTable([pool({ reason })]);
  expect(text).toContain("! warm: there is memory for 2 of 3 (POOL_TOO_LARGE)\n  → Ask for less.");
  expect(poolWords(pool({ reason }))).toBe(
    "warm: 1 of 3 ready, 1 under way (browser); there is memory for 2 of 3",
  );
});

test("without pools the way to the first one is shown", () => {
  expect(poolTable([])).toContain("browservm pool set");
});
