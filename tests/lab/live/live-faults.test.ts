import type { DoctorFinding } from "@browservm/contract";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { LIVE_FAULTS } from "./live-faults.ts";
import { LiveStage } from "./live-stage.ts";

/** A guest that says nothing, and a viewer that reads nothing, are told so after five seconds. */
const SOON = { timeout: 20_000, interval: 100 };

let stage: LiveStage;
beforeAll(async () => {
  stage = await LiveStage.start();
});
afterEach(() => stage.clear());
afterAll(() => stage?.[Symbol.asyncDispose]());

/** What the doctor blames or warns of. */
async function named(): Promise<Pick<DoctorFinding, "code" | "verdict">[]> {
  const { findings } = await stage.examine();
  return findings
    .filter(
      ({ verdict, suppressedBy }) => verdict !== "pass" && verdict !== "skip" && suppressedBy.length === 0,
    )
    .map(({ code, verdict }) => ({ code, verdict }));
}

const isHealthy = async () => {
  const viewer = await stage.watch();
  await expect.poll(() => viewer.frames.length, SOON).toBeGreaterThan(2);
  expect(await named()).toEqual([]);
};

describe("the doctor of the live view", () => {
  test("is silent while a picture travels, and while nobody looks", async () => {
    expect(await named()).toEqual([]);
    await isHealthy();
  });

  test.each(LIVE_FAULTS)(
    "$name: $story",
    { timeout: 60_000 },
    async ({ inject, undo, expect: { code, verdict = "fail" } }) => {
      await inject(stage);
      await expect.poll(named, SOON).toEqual([{ code, verdict }]);
      await stage.clear();
      await undo?.(stage);
      await isHealthy();
    },
  );
});
