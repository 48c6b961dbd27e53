import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { KeyStroke } from "./key-translator.ts";
import { PasteKey } from "./paste-key.ts";
import type { Held } from "./text-paster.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const V = { keysym: 0x76, code: "KeyV", isDown: true };
const stroke = (key: string, code: string, part: Partial<KeyStroke> = {}): KeyStroke => ({
  ...{ type: "keydown", key, code, keyCode: 0, location: 0, isComposing: false, timeStamp: 0 },
  ...{ ctrlKey: true, altKey: false, shiftKey: false, metaKey: false, ...part },
});
/** The one whose image is `image`. */
function bench(image?: Promise<boolean>) {
  const held: Promise<Held>[] = [];
  const state = { copies: 0 };
  const key = new PasteKey({
    come: () => {},
    vmCopied: () => {
      state.copies += 1;
    },
    take: () => image,
    hold: (one) => void held.push(one),
  });
  return { key, held, state };
}

test("Ctrl+V and Command+V, also on another script's keyboard, are left to the browser; other keys are not", () => {
  const { key, held, state } = bench();
  expect(key.takes(stroke("v", "KeyV"), [V])).toBe(true);
  expect(key.takes(stroke("V", "KeyV", { ctrlKey: false, metaKey: true }), [V])).toBe(true);
  expect(key.takes(stroke("м", "KeyV"), [V])).toBe(true);
  expect(held).toHaveLength(3);
  const others = [
    stroke("k", "KeyV"),
    stroke("v", "KeyV", { ctrlKey: false }),
    stroke("v", "KeyV", { altKey: true }),
  ];
  expect(others.map((one) => key.takes(one, []))).toEqual([false, false, false]);
  expect([key.takes(stroke("c", "KeyC"), []), state.copies, held.length]).toEqual([false, 1, 3]);
});

test("an image is pasted when it is there; one that does not come pastes nothing", async () => {
  for (const [isThere, expected] of [
    [true, "paste"],
    [false, []],
  ] as const) {
    const { key, held } = bench(Promise.resolve(isThere));
    key.takes(stroke("v", "KeyV"), [V]);
    key.pasted(null);
    expect(await held[0]).toEqual(expected);
  }
});

test("without an image, and where the browser says nothing, the keys go as they are", async () => {
  const { key, held } = bench();
  key.takes(stroke("v", "KeyV"), [V]);
  key.pasted(null);
  key.takes(stroke("v", "KeyV"), [V]);
  key.takes(stroke("v", "KeyV"), [V]);
  vi.advanceTimersByTime(100);
  expect(await Promise.all(held)).toEqual([[V], [V], [V]]);
  key.pasted(null); // too late, or from a menu
});
