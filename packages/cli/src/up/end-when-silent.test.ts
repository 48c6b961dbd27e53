import { expect, test } from "vitest";
import { endWhenSilent } from "./end-when-silent.ts";

/** A service whose looks find what is listed, and silence after that; how many looks it was given. */
async function looksOf(answers: readonly boolean[], readyMs: number): Promise<number> {
  const { promise: exited, resolve } = Promise.withResolvers<void>();
  let looks = 0;
  const responds = async () => (answers[looks++] ? undefined : "silence");
  const service = { exited, hasExited: false, spec: { readyMs, responds }, kill: async () => resolve() };
  await endWhenSilent(service, { lookMs: 5, note: () => {} });
  return looks;
}

test("six silences in a row are the end of one that has answered", async () => {
  expect(await looksOf([true], 1000)).toBe(7);
  expect(await looksOf([true, false, false, false, false, false, true], 1000)).toBe(13);
});

test("one that begins is given the time that it may take, too", async () => {
  expect(await looksOf([], 50)).toBe(16);
  expect(await looksOf([...Array(12).fill(false), true], 50)).toBe(19);
});
