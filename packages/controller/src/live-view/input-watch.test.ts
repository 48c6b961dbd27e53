import { describe, expect, test } from "vitest";
import { InputWatch } from "./input-watch.ts";

const bytes = (...values: number[]) => Buffer.from(values);
const HELLO = Buffer.concat([Buffer.from("RFB 003.008\n"), bytes(1), bytes(1)]);
const key = bytes(4, 1, 0, 0, 0, 0, 0, 0x61);
const pointer = bytes(5, 1, 0, 10, 0, 20);
const extendedPointer = bytes(5, 0x81, 0, 10, 0, 20, 1);
const qemuKey = bytes(255, 0, 0, 1, 0, 0, 0, 0x61, 0, 0, 0, 30);
const cutText = bytes(6, 0, 0, 0, 0, 0, 0, 3, 97, 98, 99);
const update = bytes(3, 1, 0, 0, 0, 0, 5, 0, 2, 208);
const fence = bytes(248, 0, 0, 0, 0, 0, 0, 1, 3, 7, 8, 9);
const encodings = bytes(2, 0, 0, 2, 0, 0, 0, 7, 0xff, 0xff, 0xfe, 0xfe);

/** Whether there was input in any piece of `size` bytes of the stream. */
function hears(stream: Buffer, size: number): boolean {
  const watch = new InputWatch();
  let hasHeard = false;
  for (let at = 0; at < stream.length; at += size)
    hasHeard = watch.push(stream.subarray(at, at + size)) || hasHeard;
  return hasHeard;
}

describe("InputWatch", () => {
  test.each([
    ["a key", key],
    ["the pointer", pointer],
    ["a pointer with more buttons", extendedPointer],
    ["a key in QEMU's words", qemuKey],
    ["the clipboard", cutText],
  ])("hears %s, however the stream is cut", (_, message) => {
    for (const size of [1, 3, 7, 1000]) {
      expect(hears(Buffer.concat([HELLO, encodings, update, message, update]), size)).toBe(true);
    }
  });

  test("hears nothing in what only looks, however the stream is cut", () => {
    for (const size of [1, 3, 7, 1000]) {
      expect(hears(Buffer.concat([HELLO, encodings, update, fence, update]), size)).toBe(false);
    }
  });

  test("finds the next message after each one that was input", () => {
    const watch = new InputWatch();
    watch.push(Buffer.concat([HELLO, key, pointer, extendedPointer, qemuKey, cutText]));
    expect(watch.push(update)).toBe(false);
    expect(watch.push(key)).toBe(true);
  });

  test("counts what begins like input where it does not understand", () => {
    const watch = new InputWatch();
    watch.push(HELLO);
    expect(watch.push(bytes(77, 1, 2))).toBe(false);
    expect(watch.push(update)).toBe(false);
    expect(watch.push(key)).toBe(true);
  });
});
