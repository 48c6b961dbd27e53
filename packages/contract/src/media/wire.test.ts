import { expect, test } from "vitest";
import { MediaReader } from "./message-reader.ts";
import {
  encodeAudio,
  encodeJson,
  encodeVideo,
  MAX_MEDIA_JSON_BYTES,
  MEDIA_KIND,
  parseMediaMessage,
  type VideoFrame,
  withLength,
} from "./wire.ts";

const picture: VideoFrame = {
  codec: "h264",
  isKey: true,
  width: 1280,
  height: 720,
  sequence: 0xffff_fffe,
  capturedUs: 2 ** 52 + 1,
  encodedAfterUs: 16_000,
  data: Uint8Array.of(1, 2, 3),
};
const sound = { sequence: 7, capturedUs: 1_234_567, data: Uint8Array.of(9) };

test("a picture and a sound come out as they went in", () => {
  expect(parseMediaMessage(encodeVideo(picture))).toEqual({ kind: "video", frame: picture });
  expect(parseMediaMessage(encodeVideo({ ...picture, codec: "vp8", isKey: false }))).toMatchObject({
    frame: { codec: "vp8", isKey: false },
  });
  expect(parseMediaMessage(encodeAudio(sound))).toEqual({ kind: "audio", frame: sound });
});

test("a message inside a larger buffer is read from where it is", () => {
  const bytes = encodeVideo(picture);
  const padded = new Uint8Array(bytes.length + 5);
  padded.set(bytes, 5);
  expect(parseMediaMessage(padded.subarray(5))).toEqual({ kind: "video", frame: picture });
});

test("JSON and the empty message come out as they went in", () => {
  expect(parseMediaMessage(encodeJson(MEDIA_KIND.ping, { id: 3 }))).toEqual({
    kind: "json",
    code: MEDIA_KIND.ping,
    value: { id: 3 },
  });
  expect(parseMediaMessage(encodeJson(MEDIA_KIND.keyFrame))).toMatchObject({
    code: MEDIA_KIND.keyFrame,
    value: undefined,
  });
});

test.each([
  ["nothing", []],
  ["an unknown kind", [99, 1]],
  ["a picture without data", Array.from(encodeVideo({ ...picture, data: new Uint8Array() }))],
  ["a picture cut short", Array.from(encodeVideo(picture).subarray(0, 12))],
  ["an unknown codec", [MEDIA_KIND.video, 9, ...Array.from(encodeVideo(picture).subarray(2))]],
  ["a picture without width", Array.from(encodeVideo({ ...picture, width: 0 }))],
  ["a sound cut short", Array.from(encodeAudio(sound).subarray(0, 9))],
  ["broken JSON", [MEDIA_KIND.status, 0x7b]],
  ["too much JSON", [MEDIA_KIND.status, ...new Array(MAX_MEDIA_JSON_BYTES + 1).fill(0x20)]],
])("not a message: %s", (_what, bytes) => {
  expect(parseMediaMessage(Uint8Array.from(bytes))).toBeUndefined();
});

const stream = () => {
  const messages = [encodeVideo(picture), encodeJson(MEDIA_KIND.keyFrame), encodeAudio(sound)];
  return { messages, bytes: Uint8Array.from(messages.flatMap((message) => Array.from(withLength(message)))) };
};

test("a stream is cut into its messages wherever it was torn", () => {
  const { messages, bytes } = stream();
  for (let at = 0; at <= bytes.length; at += 1) {
    const reader = new MediaReader();
    const seen = [...reader.push(bytes.subarray(0, at)), ...reader.push(bytes.subarray(at))];
    expect(seen.map((message) => Array.from(message))).toEqual(messages.map((m) => Array.from(m)));
  }
});

test("a stream that comes byte by byte is cut the same", () => {
  const { messages, bytes } = stream();
  const reader = new MediaReader();
  const seen = Array.from(bytes).flatMap((byte) => reader.push(Uint8Array.of(byte)));
  expect(seen.map((message) => Array.from(message))).toEqual(messages.map((m) => Array.from(m)));
});

test.each([
  ["no bytes", [0, 0, 0, 0]],
  ["more than is allowed", [0, 0, 0, 101]],
  ["gigabytes", [255, 255, 255, 255]],
])("a length of %s ends the stream before its bytes are kept", (_what, bytes) => {
  expect(() => new MediaReader(100).push(Uint8Array.from(bytes))).toThrow(RangeError);
});

test("large messages in small pieces cost no more than a few copies", () => {
  const reader = new MediaReader();
  const message = withLength(encodeVideo({ ...picture, data: new Uint8Array(2_000_000) }));
  const begun = performance.now();
  let seen = 0;
  for (let at = 0; at < message.length; at += 1000)
    seen += reader.push(message.subarray(at, at + 1000)).length;
  expect(seen).toBe(1);
  expect(performance.now() - begun).toBeLessThan(1000);
});
