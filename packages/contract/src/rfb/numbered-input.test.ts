import { describe, expect, test } from "vitest";
import { encodeInput, encodeMove, placeOf, readNumbered } from "./numbered-input.ts";

const bytes = (...values: number[]) => new Uint8Array(values);
const key = bytes(4, 1, 0, 0, 0, 0, 0, 0x61);
const pointer = bytes(5, 1, 1, 10, 0, 20);
const extended = bytes(5, 0x81, 0, 10, 0, 20, 1);
const qemuKey = bytes(255, 0, 0, 1, 0, 0, 0, 0x61, 0, 0, 0, 30);
const step = bytes();

describe("numbered input", () => {
  test.each([key, pointer, extended, qemuKey, step])("is read as it was written (%s)", (message) => {
    const input = { tag: 0xdeadbeef, number: 4_000_000_000, message };
    expect(readNumbered(encodeInput(input))).toEqual({ kind: "input", ...input });
  });

  test("is a move only with a pointer of six bytes", () => {
    const move = { tag: 1, after: 2, order: 3, message: pointer };
    expect(readNumbered(encodeMove(move))).toEqual({ kind: "move", ...move });
    for (const message of [key, extended, qemuKey, step])
      expect(readNumbered(encodeMove({ ...move, message }))).toBeUndefined();
  });

  test("is nothing when one byte is missing, too much, or another", () => {
    for (const good of [
      encodeInput({ tag: 1, number: 2, message: key }),
      encodeMove({ tag: 1, after: 2, order: 3, message: pointer }),
    ]) {
      for (let length = 0; length < good.length; length += 1)
        expect(readNumbered(good.subarray(0, length))).toBeUndefined();
      expect(readNumbered(bytes(...good, 0))).toBeUndefined();
      for (const at of [0, 1, 2, 3]) expect(readNumbered(good.with(at, 7))).toBeUndefined();
    }
  });

  test("carries nothing but keys and the pointer", () => {
    const cutText = bytes(6, 0, 0, 0, 0, 0, 0, 0);
    const audio = bytes(255, 1, 0, 0);
    const nested = encodeInput({ tag: 1, number: 2, message: step });
    for (const message of [cutText, audio, nested, bytes(250, 0, 1, 2), bytes(...key, ...pointer)])
      expect(readNumbered(encodeInput({ tag: 1, number: 2, message }))).toBeUndefined();
  });

  test("tells where the pointer is", () => {
    expect(placeOf(pointer)).toEqual({ x: 266, y: 20 });
    expect(placeOf(key)).toBeUndefined();
  });
});
