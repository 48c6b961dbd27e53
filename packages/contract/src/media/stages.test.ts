import { expect, test } from "vitest";
import { STAGES, type StageCounts, whyBlack } from "./stages.ts";

const all = (count: number | null) =>
  Object.fromEntries(STAGES.map((stage) => [stage, count])) as unknown as StageCounts;

test("a picture that arrives has no cause to tell", () => {
  expect(whyBlack(all(5))).toBeUndefined();
  expect(whyBlack(all(null))).toBeUndefined();
});

test.each(STAGES)("the first stage that never happened is named: %s", (stage) => {
  const at = STAGES.indexOf(stage);
  const counts = Object.fromEntries(STAGES.map((name, index) => [name, index < at ? 3 : 0]));
  const cause = whyBlack(counts as unknown as StageCounts);
  expect(cause).toMatchObject({ stage });
  expect(cause?.cause).toMatch(/\.$/);
  expect(cause?.fix).toMatch(/\.$/);
});

test("what is not known is passed over", () => {
  expect(whyBlack({ ...all(0), captured: null, encoded: null })?.stage).toBe("sent");
});
