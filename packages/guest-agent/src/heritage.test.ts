import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Heritage, leaveHeritage, takeHeritage } from "./heritage.ts";

let path = "";
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), "heritage-")), "heritage.json");
});
afterEach(() => rm(join(path, ".."), { recursive: true }));

const heritage: Heritage = {
  display: { server: { pid: 7, startTicks: 70 }, width: 1280, height: 720 },
  browser: {
    process: { pid: 8, startTicks: 80 },
    navigation: 12,
    stale: [{ pid: 9, startTicks: 90 }],
  },
  isUnsettled: true,
};

test("what is left is taken once", () => {
  leaveHeritage(heritage, path);
  expect(takeHeritage(path)).toEqual(heritage);
  expect(takeHeritage(path)).toBeUndefined();
});

test("what is damaged is as if there were none, and does not stay", async () => {
  await writeFile(path, '{"browser":{}}');
  expect(takeHeritage(path)).toBeUndefined();
  leaveHeritage(heritage, path);
  expect(takeHeritage(path)).toEqual(heritage);
});
