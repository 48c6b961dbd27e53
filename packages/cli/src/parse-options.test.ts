import { expect, test } from "vitest";
import { duration } from "./parse-options.ts";

test.each([
  ["30s", 30],
  ["15m", 900],
  ["8h", 28_800],
  ["7d", 604_800],
])("%s is %i seconds", (text, seconds) => {
  expect(duration(text)).toBe(seconds);
});

test.each(["", "5", "m", "-5m", "1.5h", "5 m", "5w", "1h30m", "99999999999999999999s", "0m"])(
  "%j is no length of time",
  (text) => {
    expect(() => duration(text)).toThrow("30s, 15m, 8h or 7d");
  },
);
