import type { MediaSettings } from "@browservm/contract/media/guest-messages";
import type { VideoFrame } from "@browservm/contract/media/wire";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeEngine } from "./testing/fake-engine.ts";
import { VideoLoop } from "./video-loop.ts";

let engine: FakeEngine;
let settings: MediaSettings;
let frames: VideoFrame[];
let hasRoom: boolean;
let loop: VideoLoop;
let ended: Promise<void>;

beforeEach(() => {
  vi.useFakeTimers();
  engine = new FakeEngine();
  settings = { codec: "vp8", kbps: 1000, fps: 10, audio: false };
  frames = [];
  hasRoom = true;
  loop = new VideoLoop({
    engine,
    settings: () => settings,
    outlet: { hasRoom: () => hasRoom, send: (frame) => frames.push(frame) },
  });
  ended = loop.run();
});
afterEach(async () => {
  loop.close();
  await vi.advanceTimersByTimeAsync(2000);
  await ended;
  expect(engine).toMatchObject({ openScreens: 0, openEncoders: 0 });
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const set = (change: Partial<MediaSettings>) => {
  settings = { ...settings, ...change };
  loop.lookAgain();
};

describe("a screen that stands still", () => {
  test("is sent once, at once, as a key frame", async () => {
    await pass(0);
    expect(frames).toMatchObject([{ isKey: true, sequence: 0, width: 1280, height: 720, codec: "vp8" }]);
    await pass(60_000);
    expect(frames).toHaveLength(1);
    expect(engine.grabs).toBe(1);
  });

  test("is sent as a key frame whenever one is wanted", async () => {
    await pass(1000);
    loop.wantKey();
    await pass(0);
    expect(frames).toMatchObject([{ isKey: true }, { isKey: true, sequence: 1 }]);
  });

  test("is not encoded when the server only says that it changed", async () => {
    await pass(1000);
    engine.damage();
    await pass(1000);
    expect(frames).toHaveLength(1);
    expect(loop.counts).toMatchObject({ captured: 2, unchanged: 1, encoded: 1 });
  });
});

describe("a screen that moves", () => {
  test("is read at once after a pause, and then once per interval however much is drawn", async () => {
    await pass(1000);
    engine.draw();
    await pass(0);
    expect(frames).toHaveLength(2);
    for (let ms = 0; ms < 1000; ms += 5) {
      engine.draw();
      await pass(5);
    }
    await pass(200);
    // One in the first interval's second half, one each 100 ms after it, and the last state.
    expect(frames.length - 2).toBe(11);
    expect(frames.map(({ sequence }) => sequence)).toEqual(frames.map((_, index) => index));
    expect(frames.slice(1).some(({ isKey }) => isKey)).toBe(false);
  });

  test("is read right after it was drawn, in an interval's second half, and no more often for that", async () => {
    await pass(1000);
    engine.draw();
    await pass(30);
    const drawn: number[] = [];
    for (let n = 0; n < 100; n += 1) {
      drawn.push(engine.nowUs());
      engine.draw();
      await pass(50); // two pictures in each interval
    }
    await pass(100);
    const moving = frames.slice(2, -1);
    expect(moving.filter(({ capturedUs }) => drawn.includes(capturedUs))).toHaveLength(moving.length);
    expect(moving.length).toBeLessThanOrEqual(51);
    expect(moving.length).toBeGreaterThanOrEqual(48);
  });

  test("ends with its last state, although that came within the interval", async () => {
    await pass(1000);
    engine.draw();
    await pass(1);
    engine.draw();
    await pass(98);
    expect(frames).toHaveLength(2);
    await pass(2);
    expect(frames).toHaveLength(3);
  });

  test("is not read while its frames have no room, and is read once when they have", async () => {
    await pass(1000);
    hasRoom = false;
    for (let n = 0; n < 50; n += 1) {
      engine.draw();
      await pass(20);
    }
    expect(engine.grabs).toBe(1);
    hasRoom = true;
    loop.lookAgain();
    await pass(0);
    expect(frames).toMatchObject([{ sequence: 0 }, { sequence: 1, isKey: false }]);
  });

  test("that was squeezed into its bitrate is sent once more when it stands still", async () => {
    await pass(1000);
    engine.frameBytes = 20_000; // 160 ms of the bitrate
    engine.draw();
    await pass(299);
    expect(frames).toHaveLength(2);
    await pass(60_000);
    expect(frames).toHaveLength(3);
  });

  test("that was cheap, as a blinking caret is, is not", async () => {
    await pass(1000);
    for (let n = 0; n < 10; n += 1) {
      engine.draw();
      await pass(500);
    }
    expect(frames).toHaveLength(11);
  });
});

describe("settings", () => {
  test("of the bitrate change the encoder that runs", async () => {
    await pass(1000);
    set({ kbps: 400 });
    engine.draw();
    await pass(100);
    expect(engine.kbps).toEqual([400]);
    expect(engine.requests).toHaveLength(1);
  });

  test("of the codec take another one, at once", async () => {
    await pass(1000);
    set({ codec: "h264" });
    await pass(100);
    expect(frames).toMatchObject([
      { codec: "vp8", isKey: true },
      { codec: "h264", isKey: true },
    ]);
  });

  test("of the rate take another one with the next picture, for it shares out the bitrate by it", async () => {
    await pass(1000);
    set({ fps: 60 });
    await pass(1000);
    expect(frames).toHaveLength(1);
    engine.draw();
    await pass(0);
    expect(engine.requests.map(({ fps }) => fps)).toEqual([10, 60]);
    expect(frames).toMatchObject([{ isKey: true }, { isKey: true }]);
  });

  test("of a codec that is not there are told as a problem, until they change", async () => {
    engine.codecs = ["vp8"];
    set({ codec: "h264" });
    await pass(5000);
    expect(loop.problem).toMatchObject({ code: "NO_ENCODER" });
    set({ codec: "vp8" });
    await pass(100);
    expect(loop.problem).toBeNull();
    expect(frames.at(-1)).toMatchObject({ codec: "vp8", isKey: true });
  });
});

describe("what goes wrong", () => {
  test("a screen of another size begins anew with a key frame", async () => {
    await pass(1000);
    engine.size = { width: 800, height: 600 };
    engine.damage();
    await pass(0);
    expect(frames.at(-1)).toMatchObject({ isKey: true, width: 800, height: 600, sequence: 1 });
    expect(loop.size).toEqual({ width: 800, height: 600 });
  });

  test("a display that dies is told, and shown again when it is back", async () => {
    await pass(1000);
    engine.crash();
    await pass(3500);
    expect(loop.problem).toMatchObject({ code: "NO_DISPLAY" });
    expect(loop.size).toEqual({ width: 0, height: 0 });
    engine.isUp = true;
    await pass(1000);
    expect(loop.problem).toBeNull();
    expect(frames).toMatchObject([{ isKey: true }, { isKey: true, sequence: 1 }]);
  });

  test("an encoder that fails is told, replaced, and begins with a key frame", async () => {
    await pass(1000);
    engine.encodeFault = "out of memory";
    engine.draw();
    await pass(10);
    expect(loop.problem).toEqual({ code: "ENCODER_FAILED", message: "out of memory" });
    for (let n = 0; n < 9; n += 1) {
      engine.draw();
      await pass(100);
    }
    expect(engine.requests).toHaveLength(1);
    await pass(200);
    expect(loop.problem).toBeNull();
    expect(engine.requests).toHaveLength(2);
    expect(frames.at(-1)).toMatchObject({ isKey: true });
  });
});
