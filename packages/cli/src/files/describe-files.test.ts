import { expect, test } from "vitest";
import { describeFiles, inUnits } from "./describe-files.ts";

test("a listing for people steers no terminal, whatever the names", () => {
  const entry = { kind: "file" as const, size: 1536, modifiedAt: "2026-01-02T03:04:05.000Z" };
  const words = describeFiles({
    entries: [
      { ...entry, name: "a\u001b[2Jb\nc" },
      { ...entry, name: "d", kind: "directory" },
    ],
    truncated: true,
  });
  expect(words.split("\n")).toEqual([
    "SIZE     MODIFIED (UTC)       NAME",
    "1.5 KiB  2026-01-02 03:04:05  a[2Jb\ufffdc",
    "-        2026-01-02 03:04:05  d/",
    "(there are more)",
  ]);
  expect(describeFiles({ entries: [], truncated: false })).toBe("nothing is there");
});

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [5 * 2 ** 40, "5.0 TiB"],
])("%d is %s", (bytes, words) => {
  expect(inUnits(bytes)).toBe(words);
});
