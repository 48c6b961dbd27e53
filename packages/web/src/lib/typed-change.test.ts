import { expect, test } from "vitest";
import { typedChange } from "./typed-change.ts";

test.each([
  ["one more character", "__a", "__ab", 0, "b"],
  ["a word at once", "__", "__hello ", 0, "hello "],
  ["one backspace", "__ab", "__a", 1, ""],
  ["a backspace before anything was typed", "__", "_", 1, ""],
  ["a corrected word", "__teh", "__the ", 2, "he "],
  ["a composition that becomes another script", "__ni", "__你", 2, "你"],
  ["a syllable that grows", "__하", "__한", 1, "한"],
  ["a picture of several code points, which one backspace takes", "__👩‍👩‍👧", "__", 1, ""],
  ["nothing", "__a", "__a", 0, ""],
])("%s", (_, before, after, erased, text) => {
  expect(typedChange(before, after)).toEqual({ erased, text });
});
