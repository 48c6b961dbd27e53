import { expect, test } from "vitest";
import { LogBuffer } from "./log-buffer.ts";

test("a flood leaves only the last lines, each with its own number", () => {
  const buffer = new LogBuffer(3);
  buffer.add(["a", "b"]);
  const lines = buffer.add(["c", "d", "e", "f", "g"]);
  expect(lines.map(({ text }) => text)).toEqual(["e", "f", "g"]);
  expect(new Set(lines.map(({ number }) => number)).size).toBe(3);
  expect(buffer.add(["h"]).map(({ text }) => text)).toEqual(["f", "g", "h"]);
});
