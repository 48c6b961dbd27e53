import { describe, expect, test } from "vitest";
import { LineReader } from "./line-reader.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function reading(maxBytes: number) {
  const lines: string[] = [];
  const reader = new LineReader(maxBytes, {
    onLine: (line) => lines.push(new TextDecoder().decode(line)),
    onOverlong: () => lines.push("<overlong>"),
  });
  return { reader, lines };
}

describe("LineReader", () => {
  test("cuts lines wherever the chunks were cut", () => {
    const { reader, lines } = reading(100);
    for (const chunk of ["on", "e\ntw", "o\n\n\nthr", "ee"]) reader.push(bytes(chunk));
    expect(lines).toEqual(["one", "two", "", ""]);
    reader.push(bytes("\n"));
    expect(lines).toEqual(["one", "two", "", "", "three"]);
  });

  test("an endless line is said for each length of the limit, skipped to its end, and the next line is read", () => {
    const { reader, lines } = reading(10);
    for (let i = 0; i < 6; i += 1) reader.push(bytes("x".repeat(7)));
    reader.push(bytes("\nnext\n"));
    expect(lines).toEqual(["<overlong>", "<overlong>", "<overlong>", "next"]);
  });

  test("a line of exactly the limit passes, one byte more does not", () => {
    const { reader, lines } = reading(5);
    reader.push(bytes("12345\n123456\n"));
    expect(lines).toEqual(["12345", "<overlong>"]);
  });

  test("a line that comes byte by byte grows its buffer and keeps its bytes", () => {
    const { reader, lines } = reading(20_000);
    const text = "abcdefghij".repeat(1500);
    for (const byte of bytes(text)) reader.push(Uint8Array.of(byte));
    reader.push(bytes("\n"));
    expect(lines).toEqual([text]);
  });

  test("a discarded partial line does not come back", () => {
    const { reader, lines } = reading(10);
    reader.push(bytes("half"));
    reader.discardPartial();
    reader.push(bytes("whole\n"));
    expect(lines).toEqual(["whole"]);
  });
});
