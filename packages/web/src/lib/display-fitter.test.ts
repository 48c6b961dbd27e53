import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DisplayFitter, fittedSize, type Size } from "./display-fitter.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const box = (width: number, height = 500): Size => ({ width, height });

function fitter() {
  const asked: string[] = [];
  const problems: unknown[] = [];
  let end = Promise.withResolvers<void>();
  const made = new DisplayFitter({
    resize: ({ width, height }) => {
      asked.push(`${width}x${height}`);
      end = Promise.withResolvers();
      return end.promise;
    },
    onProblem: (error) => problems.push(error),
  });
  return { made, asked, problems, answer: () => end.resolve(), refuse: () => end.reject(new Error("no")) };
}

test.each([
  [box(801.7, 601.2), box(800, 600)],
  [box(10, 10), box(320, 240)],
  [box(9000, 9000), box(3840, 2160)],
])("%o fits as %o", (from, to) => {
  expect(fittedSize(from)).toEqual(to);
});

test("a box that is drawn larger asks once, when it rests", async () => {
  const { made, asked } = fitter();
  for (let width = 700; width <= 900; width += 20) {
    made.fit(box(width));
    await vi.advanceTimersByTimeAsync(50);
  }
  expect(asked).toEqual([]);
  await vi.advanceTimersByTimeAsync(300);
  expect(asked).toEqual(["900x500"]);
});

test("wishes wait for the answer of the one before, and only the latest is asked", async () => {
  const { made, asked, answer } = fitter();
  made.fit(box(700));
  await vi.advanceTimersByTimeAsync(300);
  for (const width of [800, 900]) {
    made.fit(box(width));
    await vi.advanceTimersByTimeAsync(300);
  }
  expect(asked).toEqual(["700x500"]);
  answer();
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toEqual(["700x500", "900x500"]);
});

test("the same size is not asked for again, and a refusal is told and does not end it", async () => {
  const { made, asked, problems, refuse } = fitter();
  made.fit(box(700));
  await vi.advanceTimersByTimeAsync(300);
  refuse();
  await vi.advanceTimersByTimeAsync(0);
  made.fit(box(701));
  await vi.advanceTimersByTimeAsync(300);
  made.fit(box(800));
  await vi.advanceTimersByTimeAsync(300);
  expect(asked).toEqual(["700x500", "800x500"]);
  expect(problems).toHaveLength(1);
});

test("nothing is asked for a hidden page, nor after the end", async () => {
  const { made, asked } = fitter();
  made.fit(box(0));
  await vi.advanceTimersByTimeAsync(300);
  made.fit(box(700));
  made[Symbol.dispose]();
  await vi.advanceTimersByTimeAsync(300);
  expect(asked).toEqual([]);
});
