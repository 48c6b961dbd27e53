import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Paced, Pacer } from "./pacer.ts";

const KBPS = 2000;
const PACKET = 1200;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

function stage() {
  const sent: { name: string; at: number }[] = [];
  const pacer = new Pacer(() => KBPS);
  const packets = (name: string, count: number): Paced[] =>
    Array.from({ length: count }, () => ({
      bytes: PACKET,
      send: () => void sent.push({ name, at: performance.now() }),
    }));
  return { pacer, sent, packets };
}

test("an ordinary picture leaves at once", () => {
  const { pacer, sent, packets } = stage();
  for (let picture = 0; picture < 10; picture += 1) {
    pacer.push(packets("small", 7));
    expect(sent).toHaveLength(7 * (picture + 1));
    vi.advanceTimersByTime(33);
  }
});

test("a large one is spread, in order, faster than it could be made and in little more than a picture of 30 a second", () => {
  const { pacer, sent, packets } = stage();
  const began = performance.now();
  pacer.push([...packets("large", 62), ...packets("last", 1)]);
  expect(sent.length).toBeLessThan(12);
  vi.advanceTimersByTime(16);
  const half = sent.length;
  expect(half).toBeGreaterThan(20);
  expect(half).toBeLessThan(50);
  vi.advanceTimersByTime(34);
  expect(sent).toHaveLength(63);
  expect(sent.at(-1)?.name).toBe("last");
  expect((sent.at(-1)?.at ?? 0) - began).toBeLessThanOrEqual(45);
});

test("what somebody misses goes before what waits", () => {
  const { pacer, sent, packets } = stage();
  pacer.push(packets("large", 60));
  const before = sent.length;
  pacer.pushFirst(packets("again", 2));
  vi.advanceTimersByTime(5);
  expect(sent.slice(before, before + 2).map(({ name }) => name)).toEqual(["again", "again"]);
});

test("of what somebody misses no more is sent again than a large picture has", () => {
  const { pacer, sent, packets } = stage();
  pacer.pushFirst(packets("again", 1000));
  vi.advanceTimersByTime(1000);
  expect(sent.length).toBe(Math.floor((128 * 1024) / PACKET));
});

test("nothing leaves after its end", () => {
  const { pacer, sent, packets } = stage();
  pacer.push(packets("large", 60));
  const before = sent.length;
  pacer[Symbol.dispose]();
  vi.advanceTimersByTime(1000);
  expect(sent).toHaveLength(before);
  expect(vi.getTimerCount()).toBe(0);
});
