import { mkdtemp, rm, stat } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MediaReader } from "@browservm/contract/media/message-reader";
import {
  encodeJson,
  MAX_MEDIA_JSON_BYTES,
  MEDIA_KIND,
  type MediaMessage,
  parseMediaMessage,
  withLength,
} from "@browservm/contract/media/wire";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MediaServer } from "./media-server.ts";
import { FakeEngine } from "./testing/fake-engine.ts";

const SETTINGS = { codec: "vp8", kbps: 1000, fps: 30, audio: false } as const;
let directory: string;
let path: string;
let engine: FakeEngine;
let server: MediaServer;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "media-"));
  path = join(directory, "media.sock");
  engine = new FakeEngine();
  server = await MediaServer.listen(engine, path);
});
afterEach(async () => {
  await server.close();
  expect(engine).toMatchObject({ openScreens: 0, openEncoders: 0 });
  await rm(directory, { recursive: true });
});

/** A gateway's end of a stream. */
class Gateway {
  readonly messages: MediaMessage[] = [];
  readonly socket: Socket;

  constructor() {
    const reader = new MediaReader();
    this.socket = connect({ path }).on("error", () => {}); // ended by the guest
    this.socket.on("data", (bytes: Buffer) => {
      for (const message of reader.push(bytes)) {
        const parsed = parseMediaMessage(message);
        if (parsed) this.messages.push(parsed);
      }
    });
  }

  say(kind: number, value?: unknown): void {
    this.socket.write(withLength(encodeJson(kind, value)));
  }

  json(kind: number): unknown[] {
    return this.messages.flatMap((one) => (one.kind === "json" && one.code === kind ? [one.value] : []));
  }

  get frames() {
    return this.messages.flatMap((one) => (one.kind === "video" ? [one.frame] : []));
  }
}

describe("a stream", () => {
  test("begins with hello and a key frame of the still screen", async () => {
    const gateway = new Gateway();
    await expect.poll(() => gateway.messages.length).toBe(2);
    expect(gateway.messages).toMatchObject([
      { code: MEDIA_KIND.hello, value: { version: 1, codecs: ["vp8", "h264"], hasAudio: true } },
      { kind: "video", frame: { isKey: true, width: 1280, height: 720 } },
    ]);
  });

  test("obeys settings, answers a ping, and tells every second how it goes", async () => {
    const gateway = new Gateway();
    gateway.say(MEDIA_KIND.settings, { ...SETTINGS, codec: "h264", kbps: 700 });
    gateway.say(MEDIA_KIND.ping, { id: 7 });
    await expect.poll(() => gateway.json(MEDIA_KIND.pong)).toEqual([{ id: 7, guestUs: expect.any(Number) }]);
    await expect.poll(() => gateway.frames.at(-1)?.codec).toBe("h264");
    await expect.poll(() => gateway.json(MEDIA_KIND.status).length, { timeout: 3000 }).toBeGreaterThan(0);
    expect(gateway.json(MEDIA_KIND.status)[0]).toMatchObject({
      width: 1280,
      settings: { codec: "h264", kbps: 700 },
      problem: null,
    });
  });

  test("gives a key frame to whoever asks", async () => {
    const gateway = new Gateway();
    await expect.poll(() => gateway.frames.length).toBe(1);
    gateway.say(MEDIA_KIND.keyFrame);
    await expect.poll(() => gateway.frames.map(({ isKey }) => isKey)).toEqual([true, true]);
  });

  test("carries sound while that is wanted, and no silence", async () => {
    const gateway = new Gateway();
    gateway.say(MEDIA_KIND.settings, { ...SETTINGS, audio: true });
    await expect.poll(() => engine.play).toBeDefined();
    const packet = { capturedUs: 5, data: new Uint8Array([1, 2, 3, 4]) };
    engine.play?.({ ...packet, isSilent: true });
    engine.play?.({ ...packet, isSilent: false });
    await expect
      .poll(() => gateway.messages.filter(({ kind }) => kind === "audio"))
      .toMatchObject([{ frame: { sequence: 1, capturedUs: 5 } }]);
    gateway.say(MEDIA_KIND.settings, SETTINGS);
    await expect.poll(() => engine.play).toBeUndefined();
  });

  test("of a gateway that does not read stops reading the screen", async () => {
    engine.frameBytes = 1_000_000;
    const gateway = new Gateway();
    gateway.socket.pause();
    await expect.poll(() => engine.grabs).toBeGreaterThan(0);
    for (let n = 0; n < 20; n += 1) {
      engine.draw();
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    expect(engine.grabs).toBeLessThanOrEqual(3);
    gateway.socket.resume();
    const before = engine.grabs;
    await expect.poll(() => engine.grabs).toBeGreaterThan(before);
    expect(gateway.frames.every((frame, index) => frame.sequence === index)).toBe(true);
  });
});

test("only the user of the helper may connect", async () => {
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("the newest stream ends the one before, and leaves one screen open", async () => {
  const first = new Gateway();
  await expect.poll(() => first.frames.length).toBe(1);
  const second = new Gateway();
  await expect.poll(() => second.frames.length).toBe(1);
  expect(first.socket.destroyed).toBe(true);
  expect(engine.openScreens).toBe(1);
});

test.each([
  ["another length than any message has", Buffer.from([0xff, 0xff, 0xff, 0xff])],
  ["a message of nothing", Buffer.from([0, 0, 0, 0])],
  [
    "more JSON than is allowed",
    withLength(encodeJson(MEDIA_KIND.settings, "x".repeat(MAX_MEDIA_JSON_BYTES))),
  ],
  ["what is no JSON", withLength(new Uint8Array([MEDIA_KIND.settings, 0x7b]))],
  ["a picture", withLength(new Uint8Array([MEDIA_KIND.video, ...new Uint8Array(40)]))],
  ["a kind that nobody knows", withLength(new Uint8Array([99]))],
  ["what only guests say", withLength(encodeJson(MEDIA_KIND.hello, {}))],
  ["settings beyond their bounds", withLength(encodeJson(MEDIA_KIND.settings, { ...SETTINGS, kbps: 1e9 }))],
  ["settings of the future", withLength(encodeJson(MEDIA_KIND.settings, { ...SETTINGS, depth: 3 }))],
])("%s ends that stream, and no other", async (_what, bytes) => {
  const odd = new Gateway();
  await expect.poll(() => odd.frames.length).toBe(1);
  odd.socket.write(bytes);
  await expect.poll(() => odd.socket.destroyed).toBe(true);
  const next = new Gateway();
  await expect.poll(() => next.frames.length).toBe(1);
});
