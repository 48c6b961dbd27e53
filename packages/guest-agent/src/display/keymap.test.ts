import { EXTRA_CHARACTERS } from "@browservm/contract/display";
import { expect, test } from "vitest";
import { displayKeymap } from "./keymap.ts";

test("the keymap has each character of a US keyboard and each extra one on one place", () => {
  const levels = [...displayKeymap().matchAll(/symbols\[Group1\]=\[ (.*) \]/g)].map(([, all = ""]) =>
    all.split(", "),
  );
  expect(levels).toHaveLength(47);
  const places = levels.flat().filter((name) => name !== "NoSymbol");
  const characters = places.map((name) => String.fromCodePoint(Number.parseInt(name.slice(1), 16)));
  const us = Array.from({ length: 0x7e - 0x20 }, (_, at) => String.fromCharCode(0x21 + at));
  expect(characters.toSorted()).toEqual([...us, ...EXTRA_CHARACTERS].toSorted());
  expect(levels.every((four) => four.length === 4)).toBe(true);
});
