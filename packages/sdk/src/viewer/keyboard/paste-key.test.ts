import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { KeyAction, KeyStroke } from "./key-translator.ts";
import { type ImageWays, PasteKey } from "./paste-key.ts";
import { type Held, PASTE_KEY } from "./text-paster.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const KEY = { keysym: 0x76, code: "KeyV" };
const V = { ...KEY, isDown: true };
const stroke = (key: string, code: string, part: Partial<KeyStroke> = {}): KeyStroke => ({
  ...{ type: "keydown", key, code, keyCode: 0, location: 0, isComposing: false, timeStamp: 0 },
  ...{ ctrlKey: true, altKey: false, shiftKey: false, metaKey: false, ...part },
});
/** The one whose image is `image`. */
function bench({ image, isMac = false }: { image?: Promise<boolean>; isMac?: boolean } = {}) {
  const held: Promise<Held>[] = [];
  const order: string[] = [];
  const state = { copies: 0 };
  const images: ImageWays = {
    come: () => {},
    vmCopied: () => {
      state.copies += 1;
    },
    take: () => image,
    hold: (one) => {
      held.push(one);
      order.push("held");
    },
  };
  const send = (actions: readonly KeyAction[]) => void order.push(...actions.map(({ code }) => `${code}`));
  return { key: new PasteKey({ images, isMac, send }), held, order, state };
}

test("Ctrl+V and Command+V, also on another script's keyboard, are left to the browser; other keys are not", () => {
  const { key, held, state } = bench({ isMac: true });
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
    [true, PASTE_KEY],
    [false, null],
  ] as const) {
    const { key, held } = bench({ image: Promise.resolve(isThere) });
    key.takes(stroke("v", "KeyV"), [V]);
    key.pasted(null);
    expect(await held[0]).toEqual(expected);
  }
});

test("without an image, and where the browser says nothing, the key goes as it is", async () => {
  const { key, held } = bench();
  key.takes(stroke("v", "KeyV"), [V]);
  key.pasted(null);
  key.takes(stroke("v", "KeyV"), [V]);
  key.takes(stroke("v", "KeyV"), [V]);
  vi.advanceTimersByTime(100);
  expect(await Promise.all(held)).toEqual([KEY, KEY, KEY]);
  key.pasted(null); // too late, or from a menu
});

test("what comes with the key is sent before anything waits", () => {
  const { key, order } = bench();
  const control = { keysym: 0xffe3, code: "ControlLeft", isDown: true };
  const shift = { keysym: 0xffe1, code: "ShiftLeft", isDown: false };
  expect(key.takes(stroke("v", "KeyV"), [control, shift, V])).toBe(true);
  expect(order).toEqual(["ControlLeft", "ShiftLeft", "held"]);
});

test("a key with another meaning than Command pastes nothing", () => {
  const { key, held } = bench();
  expect(key.takes(stroke("v", "KeyV", { ctrlKey: false, metaKey: true }), [V])).toBe(false);
  expect(held).toEqual([]);
});
