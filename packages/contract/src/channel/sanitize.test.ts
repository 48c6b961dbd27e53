import { describe, expect, test } from "vitest";
import { sanitizeLine } from "./sanitize.ts";

describe("sanitizeLine", () => {
  test.each([
    ["plain text stays, tab included\t✓ 漢字 🎉", "plain text stays, tab included\t✓ 漢字 🎉"],
    ["\u001b[31mred\u001b[0m", "red"],
    ["\u001b[2J\u001b[1;1Hgone", "gone"],
    ["\u001b]0;new title\u0007text", "text"],
    ["\u001b]8;;http://evil\u001b\\link\u001b]8;;\u001b\\", "link"],
    ["\u001bP+q\u001b\\dcs", "dcs"],
    ["\u009b31mc1 csi", "c1 csi"],
    ["\u001bcreset", "reset"],
    ["a\rb\u0008c\u0000d\ne", "abcde"],
    ["\u202etxt.exe\u2066", "txt.exe"],
    ["\u001b]52;c;never ended", ""],
    ["cut \u001b[", "cut "],
  ])("%j becomes %j", (dirty, clean) => {
    expect(sanitizeLine(dirty)).toBe(clean);
  });

  test("bounds the length and leaves no half character", () => {
    expect(sanitizeLine("x".repeat(100_000), 10)).toBe(`${"x".repeat(9)}…`);
    expect(sanitizeLine("🎉🎉🎉", 4).isWellFormed()).toBe(true);
  });

  test("hostile input of a megabyte costs little", () => {
    const start = performance.now();
    sanitizeLine("\u001b[".repeat(500_000));
    sanitizeLine("\u001b]".repeat(500_000));
    expect(performance.now() - start).toBeLessThan(200);
  });
});
