import { expect, test } from "vitest";
import {
  formatAgo,
  formatClock,
  formatDuration,
  formatMib,
  formatPage,
  formatRate,
  formatSpan,
} from "./format.ts";

test("a span is said in the fewest words, and never below zero", () => {
  expect(formatSpan(8_400)).toBe("8 s");
  expect(formatSpan(4 * 60_000 + 59_000)).toBe("4 min");
  expect(formatSpan(2 * 3_600_000 + 5 * 60_000)).toBe("2 h 5 min");
  expect(formatSpan(3_600_000)).toBe("1 h");
  expect(formatSpan(3 * 86_400_000)).toBe("3 d");
  expect(formatSpan(-5)).toBe("0 s");
});

test("a duration keeps the precision that its size deserves", () => {
  expect(formatDuration(12.4)).toBe("12 ms");
  expect(formatDuration(3_440)).toBe("3.4 s");
  expect(formatDuration(72_000)).toBe("1 min 12 s");
});

test("a clock counts minutes and seconds", () => {
  expect(formatClock(7_900)).toBe("0:07");
  expect(formatClock(750_000)).toBe("12:30");
});

test("a page is called by host and path; no page is a new tab", () => {
  expect(formatPage("https://example.com/")).toBe("example.com");
  expect(formatPage("https://example.com/a/b?c=1")).toBe("example.com/a/b");
  expect(formatPage(null)).toBe("New tab");
  expect(formatPage("about:blank")).toBe("New tab");
  expect(formatPage("not a url")).toBe("not a url");
});

test("packets a second in the fewest words", () => {
  expect([0, 0.42, 9.96, 36.4, 12_345].map(formatRate)).toEqual(["0", "0.4", "10", "36", "12.3k"]);
});

test("how long ago something was", () => {
  const at = "2026-01-01T00:00:00.000Z";
  expect([500, 12_000, 240_000].map((ms) => formatAgo(at, Date.parse(at) + ms))).toEqual([
    "now",
    "12 s ago",
    "4 min ago",
  ]);
});

test("memory and disk are told in the unit that fits them", () => {
  expect([0.2, 64.4, 2048, 1500].map(formatMib)).toEqual(["< 1 MiB", "64 MiB", "2 GiB", "1.5 GiB"]);
});
