import { expect, test } from "vitest";
import { isFollowedPixelFormat } from "./followed-display.ts";

const format = (...shifts: readonly number[]) =>
  Uint8Array.from([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, ...shifts, 0, 0, 0]);

test("pixels whose colours have no bytes of their own are not followed: Tight sends one byte more of each", () => {
  for (const pixels of [format(16, 8, 0), format(0, 8, 16), format(24, 16, 8)])
    expect(isFollowedPixelFormat(pixels)).toBe(true);
  for (const shifts of [
    [0, 8, 17],
    [1, 9, 17],
    [16, 16, 0],
    [32, 8, 0],
  ])
    expect(isFollowedPixelFormat(format(...shifts)), shifts.join()).toBe(false);
});
