import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Held, PASTE_KEY, TextPaster } from "./text-paster.ts";

const CTRL_V = ["+ffe3", "76", "-ffe3"];

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function bench() {
  const said: string[] = [];
  const connection = () => ({
    clipboardPasteFrom: (text: string) => void said.push(text),
    sendKey: (keysym: number, _code: string | null, isDown?: boolean) =>
      void said.push((isDown === undefined ? "" : isDown ? "+" : "-") + keysym.toString(16)),
  });
  const state = { isThere: true, target: connection() };
  const reconnect = () => {
    state.target = connection();
  };
  return { said, state, reconnect, paster: new TextPaster(() => (state.isThere ? state.target : null)) };
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

test("a modifier stays until the keys that wait beside it are pressed", () => {
  const { said, paster } = bench();
  paster.send(key(0xffe3, true));
  for (const text of ["日", "本"]) paster.paste(text);
  for (const isDown of [true, false]) paster.send(key(0x61, isDown));
  paster.send(key(0xffe3, false));
  vi.advanceTimersByTime(1000);
  expect(said).toEqual(["+ffe3", "日", "76", "本", "76", "+61", "-61", "-ffe3"]);
});

test("keys wait until it is known what is pasted, and a Control that is held stays so", async () => {
  const { said, paster } = bench();
  const image = Promise.withResolvers<Held>();
  paster.send(key(0xffe3, true));
  paster.hold(image.promise);
  paster.hold(Promise.resolve({ keysym: 0x56, code: "KeyV" }));
  paster.hold(Promise.resolve(null));
  paster.hold(Promise.reject(new Error("the network is gone")));
  paster.send(key(0x61, true));
  await vi.advanceTimersByTimeAsync(1000);
  expect(said).toEqual(["+ffe3"]);
  image.resolve(PASTE_KEY);
  await vi.advanceTimersByTimeAsync(0);
  expect(said).toEqual(["+ffe3", "76", "56", "+61"]);
});

test("what pastes has its Control, and stays down in no case, when both were let go before it is known", async () => {
  const { said, paster } = bench();
  const known = Promise.withResolvers<Held>();
  paster.send(key(0xffe3, true));
  paster.hold(known.promise);
  paster.send(key(0x76, false));
  paster.send(key(0xffe3, false));
  known.resolve({ keysym: 0x76, code: "K118" });
  await vi.advanceTimersByTimeAsync(0);
  expect(said).toEqual(["+ffe3", "-76", "-ffe3", ...CTRL_V]);
});

test("a Control that another connection had, or none, is pressed for what pastes", () => {
  const { said, state, reconnect, paster } = bench();
  paster.send(key(0xffe3, true));
  reconnect();
  paster.paste("日");
  state.isThere = false;
  paster.send(key(0xffe4, true));
  state.isThere = true;
  vi.advanceTimersByTime(1000);
  paster.paste("本");
  expect(said).toEqual(["+ffe3", "日", ...CTRL_V, "本", ...CTRL_V]);
});

test("however much waits, what is pressed is let go; only what is not pressed is left out", () => {
  const { said, paster } = bench();
  const held = key(0x62, true);
  paster.send(held);
  for (const text of ["日", "本"]) paster.paste(text);
  paster.send(held); // it repeats
  for (let at = 0; at < 1500; at += 1) paster.send(key(0x1000 + at, true));
  for (let at = 0; at < 1500; at += 1) paster.send(key(0x1000 + at, false));
  for (let at = 0; at < 9; at += 1) paster.send({ ...held, isDown: false });
  vi.advanceTimersByTime(1000);
  const named = (sign: string) => said.filter((one) => one.startsWith(sign)).map((one) => one.slice(1));
  const [downs, ups] = [new Set(named("+")), new Set(named("-"))];
  expect([...downs].filter((one) => !ups.has(one))).toEqual([]);
  expect(downs.size).toBe(1000);
  for (const one of downs) expect(said.lastIndexOf(`-${one}`)).toBeGreaterThan(said.lastIndexOf(`+${one}`));
  expect(said.filter((one) => one === "-62")).toHaveLength(1);
});

test("what is down is let go at the end, and when it is asked for", () => {
  const { said, paster } = bench();
  for (const keysym of [0xffe3, 0x61]) paster.send(key(keysym, true));
  paster.letGo();
  paster.letGo();
  expect(said).toEqual(["+ffe3", "+61", "-ffe3", "-61"]);
  paster.send(key(0x62, true));
  for (const text of ["日", "本"]) paster.paste(text);
  paster.send(key(0x62, true)); // it repeats, and waits
  paster.send(key(0x62, false));
  paster.close();
  expect(said.slice(4)).toEqual(["+62", "日", ...CTRL_V, "-62"]);
});
