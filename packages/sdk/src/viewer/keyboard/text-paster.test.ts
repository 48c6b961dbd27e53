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

const key = (keysym: number, isDown: boolean) => ({ keysym, code: `K${keysym}`, isDown });

test("keys do not overtake a text that waits; what is held is let go at once", () => {
  const { said, paster } = bench();
  paster.send(key(0x62, true));
  paster.paste("日");
  paster.paste("本");
  paster.send(key(0x61, true));
  paster.send(key(0x62, false));
  paster.send(key(0x61, false));
  expect(said).toEqual(["+62", "日", ...CTRL_V, "-62"]);
  vi.advanceTimersByTime(1000);
  expect(said.slice(6)).toEqual(["本", ...CTRL_V, "+61", "-61"]);
  paster.send(key(0x61, true));
  expect(said.at(-1)).toBe("+61");
});

test("keys wait until it is known what is pasted, and a Control that is held stays so", async () => {
  const { said, paster } = bench();
  const image = Promise.withResolvers<"paste">();
  paster.send(key(0xffe3, true));
  paster.hold(image.promise);
  paster.hold(Promise.resolve([key(0x76, true)]));
  paster.hold(Promise.reject(new Error("the network is gone")));
  paster.send(key(0x61, true));
  await vi.advanceTimersByTimeAsync(1000);
  expect(said).toEqual(["+ffe3"]);
  image.resolve("paste");
  await vi.advanceTimersByTimeAsync(0);
  expect(said).toEqual(["+ffe3", "76", "+76", "+61"]);
});
