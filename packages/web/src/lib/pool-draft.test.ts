import { expect, test } from "vitest";
import { draftOfPool, EMPTY_POOL, readPoolDraft } from "./pool-draft.ts";
import { poolFact } from "./testing/stock-facts.ts";

test("what was typed becomes a pool; what was left out is the image's default", () => {
  expect(readPoolDraft({ ...EMPTY_POOL, name: " warm " })).toEqual({
    ok: true,
    name: "warm",
    spec: { image: "browser", size: 2 },
  });
});

test("a pool is typed as it is", () => {
  const draft = draftOfPool(poolFact({ memoryMib: 4096 }));
  expect(readPoolDraft(draft)).toEqual({
    ok: true,
    name: "warm",
    spec: { image: "browser", size: 3, memoryMib: 4096 },
  });
});

test("every wrong field is named at once", () => {
  const result = readPoolDraft({ name: "Warm!", image: "browser", size: "", vcpus: "99", memoryMib: "1" });
  expect(result.ok || Object.keys(result.problems).toSorted()).toEqual([
    "memoryMib",
    "name",
    "size",
    "vcpus",
  ]);
});

test("a new pool does not take the place of another one", () => {
  const result = readPoolDraft({ ...EMPTY_POOL, name: "warm" }, ["warm"]);
  expect(result.ok || result.problems.name).toBe("There is a pool of this name already.");
});
