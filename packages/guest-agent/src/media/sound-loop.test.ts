import type { AudioFrame } from "@browservm/contract/media/wire";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SoundLoop } from "./sound-loop.ts";
import { FakeEngine } from "./testing/fake-engine.ts";

let engine: FakeEngine;
let sent: AudioFrame[];
let loop: SoundLoop;

beforeEach(() => {
  vi.useFakeTimers();
  engine = new FakeEngine();
  sent = [];
  loop = new SoundLoop(engine, (frame) => sent.push(frame));
});
afterEach(async () => {
  await loop.close();
  expect(engine.play).toBeUndefined();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const packet = (isSilent = false) => ({ capturedUs: 1, isSilent, data: new Uint8Array(4) });

test("nothing is captured until it is wanted, and nothing after that", async () => {
  await pass(1000);
  expect(engine.play).toBeUndefined();
  loop.setWanted(true);
  await pass(0);
  engine.play?.(packet());
  engine.play?.(packet(true));
  engine.play?.(packet());
  expect(sent.map(({ sequence }) => sequence)).toEqual([0, 2]);
  expect(loop.packets).toBe(2);
  loop.setWanted(false);
  await pass(0);
  expect(engine.play).toBeUndefined();
  loop.setWanted(true);
  await pass(0);
  expect(engine.play).toBeDefined();
});

test("a source that fails is told, and asked again each second", async () => {
  loop.setWanted(true);
  await pass(0);
  engine.endSound?.("connection refused");
  await pass(10);
  expect(loop.problem).toBe("connection refused");
  await pass(1000);
  engine.play?.(packet());
  expect(loop.problem).toBeUndefined();
  expect(sent).toHaveLength(1);
});

test("an image that captures no sound says so while sound is wanted", async () => {
  engine.hasAudio = false;
  loop.setWanted(true);
  await pass(0);
  expect(loop.problem).toBeDefined();
  loop.setWanted(false);
  await pass(0);
  expect(loop.problem).toBeUndefined();
});
