import { expect, test } from "vitest";
import { currentSize, modeLine } from "./xrandr.ts";

test("a mode's timings rise as xrandr wants them", () => {
  const { name, args } = modeLine({ width: 1000, height: 600 });
  expect(name).toBe("1000x600_bvm");
  const [clock = 0, ...timings] = args.map(Number);
  expect(clock).toBeGreaterThan(0);
  expect(timings).toEqual([1000, 1048, 1080, 1160, 600, 603, 608, 630]);
});

test("the current size is read, and nonsense is none", () => {
  expect(currentSize("Screen 0: minimum 32 x 32, current 1280 x 720, maximum 32768 x 32768")).toEqual({
    width: 1280,
    height: 720,
  });
  expect(currentSize("Can't open display :1")).toBeUndefined();
});
