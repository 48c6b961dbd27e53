import { expect, test } from "vitest";
import { summarize, summarizeRatio } from "./statistics.ts";

const oneTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

test("the interval of a median is that of the sign test's tables", () => {
  // Conover, Practical Nonparametric Statistics: n = 10 → 2nd and 9th; n = 20 → 6th and 15th; n = 100 → 40th and 61st.
  expect(summarize(oneTo(10).toReversed())).toMatchObject({ median: 5.5, low: 2, high: 9, samples: 10 });
  expect(summarize(oneTo(20))).toMatchObject({ median: 10.5, low: 6, high: 15 });
  expect(summarize(oneTo(100))).toMatchObject({ low: 40, high: 61 });
  expect(summarize(oneTo(10)).confidence).toBeCloseTo(0.9785, 4);
});

test("too few samples give their whole range, and say how little that proves", () => {
  expect(summarize([7, 5, 6])).toEqual({ median: 6, low: 5, high: 7, confidence: 0.75, samples: 3 });
  expect(summarize([4])).toEqual({ median: 4, low: 4, high: 4, confidence: 0, samples: 1 });
});

test("ratios are taken pair by pair, so that a slow moment does not count", () => {
  expect(summarizeRatio([1, 100, 3], [2, 200, 6])).toMatchObject({ median: 0.5, low: 0.5, high: 0.5 });
});

test("what cannot be summarized is refused", () => {
  expect(() => summarize([])).toThrow(RangeError);
  expect(() => summarize([1, Number.NaN])).toThrow(RangeError);
  expect(() => summarizeRatio([1], [])).toThrow(RangeError);
  expect(() => summarizeRatio([1], [0])).toThrow(RangeError);
});
