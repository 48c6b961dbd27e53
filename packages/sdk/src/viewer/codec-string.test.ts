import { expect, test } from "vitest";
import { codecString } from "./codec-string.ts";

test("H.264 says profile and level in its SPS, wherever that is", () => {
  const aud = [0, 0, 0, 1, 9, 0xf0];
  const sps = [0, 0, 0, 1, 0x67, 0x42, 0xe0, 0x1f, 0x8c];
  expect(codecString("h264", new Uint8Array([...aud, ...sps]))).toBe("avc1.42e01f");
  expect(codecString("h264", new Uint8Array([0, 0, 1, 0x27, 0x64, 0x00, 0x0a, 1]))).toBe("avc1.64000a");
});

test("a key frame without an SPS, or cut within it, has none", () => {
  expect(codecString("h264", new Uint8Array([0, 0, 0, 1, 0x65, 0x88, 0x84]))).toBeUndefined();
  expect(codecString("h264", new Uint8Array([0, 0, 1, 0x67, 0x42, 0xe0]))).toBeUndefined();
});

test("VP8 needs nothing", () => {
  expect(codecString("vp8", new Uint8Array())).toBe("vp8");
});
