import { expect, test } from "vitest";
import { ageOf, CELLS, cellsOf, markerPage } from "./marker.ts";

const painted = (ms: number) => cellsOf(ms).map((cell) => (cell === 1 ? 235 : 16));

test("a time that was painted is read back, also over the end of its span", () => {
  for (const now of [0, 1, 4095, 65_535, 65_536, 1_795_761_234_567])
    for (const age of [0, 1, 33, 400])
      expect(ageOf(painted(Math.max(0, now - age)), now)).toBe(Math.min(age, now));
});

test("two times that follow each other differ in one cell and the parity only", () => {
  for (let ms = 0; ms < 3000; ms += 1) {
    const [now, next] = [cellsOf(ms), cellsOf(ms + 1)];
    expect(now.filter((cell, at) => cell !== next[at])).toHaveLength(2);
  }
});

test("what is no marker, or torn between two, is not believed", () => {
  expect(ageOf(new Array(CELLS).fill(255), 5)).toBeUndefined();
  expect(ageOf(painted(7).slice(1), 7)).toBeUndefined();
  const torn: number[] = painted(7);
  torn[10] = 255 - (torn[10] ?? 0);
  expect(ageOf(torn, 7)).toBeUndefined();
});

test("the page fits into an address that the API takes", () => {
  expect(markerPage().length).toBeLessThan(8192);
});
