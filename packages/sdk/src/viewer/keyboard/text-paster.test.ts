import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TextPaster } from "./text-paster.ts";

const CTRL_V = ["+ffe3", "76", "-ffe3"];

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function bench() {
  const said: string[] = [];
  const target = {
    clipboardPasteFrom: (text: string) => void said.push(text),
    sendKey: (keysym: number, _code: string | null, isDown?: boolean) =>
      void said.push((isDown === undefined ? "" : isDown ? "+" : "-") + keysym.toString(16)),
  };
  const state = { isThere: true };
  return { said, state, paster: new TextPaster(() => (state.isThere ? target : null)) };
}

test("a text is put on the clipboard and pasted at once; the next ones wait, and come together", () => {
  const { said, paster } = bench();
  for (const text of ["日", "本", "語"]) paster.paste(text);
  expect(said).toEqual(["日", ...CTRL_V]);
  vi.advanceTimersByTime(1000);
  expect(said.slice(4)).toEqual(["本語", ...CTRL_V]);
  paster.paste("に");
  expect(said.slice(8)).toEqual(["に", ...CTRL_V]);
});

test("nothing is pasted after the end, nor later what came while there was no connection", () => {
  const { said, state, paster } = bench();
  state.isThere = false;
  paster.paste("日");
  state.isThere = true;
  vi.advanceTimersByTime(1000);
  expect(said).toEqual([]);
  paster.paste("本");
  paster.paste("語");
  paster.close();
  vi.advanceTimersByTime(1000);
  expect(said).toEqual(["本", ...CTRL_V]);
});
