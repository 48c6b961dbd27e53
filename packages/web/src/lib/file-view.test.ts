import { expect, test } from "vitest";
import { fileLines, formatBytes } from "./file-view.ts";

const entry = (name: string, kind: "file" | "directory" | "link" | "other" = "file") => ({
  name,
  kind,
  size: 1,
  modifiedAt: "2026-01-01T00:00:00.000Z",
});

test("what cannot be taken out is not shown, and no name moves the text around it", () => {
  const lines = fileLines([
    entry("a\u202ecod.exe"),
    entry("b", "link"),
    entry(".c"),
    entry("d", "directory"),
    entry("e\nf"),
    entry("g", "other"),
  ]);
  expect(lines.map(({ name, isFile }) => [name, isFile])).toEqual([
    ["a\ufffdcod.exe", true],
    ["d", false],
    ["e\ufffdf", true],
  ]);
});

test.each([
  [0, "0 bytes"],
  [1, "1 byte"],
  [999, "999 bytes"],
  [1000, "1.0 KB"],
  [999_600, "1.0 MB"],
  [12_345_678, "12 MB"],
  [5e15, "5000 TB"],
])("%d is %s", (bytes, words) => {
  expect(formatBytes(bytes)).toBe(words);
});
