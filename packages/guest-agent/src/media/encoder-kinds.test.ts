import { expect, test } from "vitest";
import { bitrateOf, kindFor, pipelineOf } from "./encoder-kinds.ts";

const request = { codec: "h264", kbps: 2500, fps: 30, width: 1280, height: 720 } as const;

test("each codec has its encoder, the better one first, or none", () => {
  expect(kindFor("vp8", () => true)?.element).toBe("vp8enc");
  expect(kindFor("h264", () => true)?.element).toBe("x264enc");
  expect(kindFor("h264", (name) => name !== "x264enc")?.element).toBe("openh264enc");
  expect(kindFor("h264", () => false)).toBeUndefined();
});

test("kilobits become the unit that the element wants", () => {
  const values = ["vp8enc", "x264enc", "openh264enc"].map((element) => {
    const kind = kindFor("vp8", (name) => name === element) ?? kindFor("h264", (name) => name === element);
    return kind && `${kind.bitrateProperty}=${bitrateOf(kind, 2500)}`;
  });
  expect(values).toEqual(["target-bitrate=2500000", "bitrate=2500", "bitrate=2500000"]);
});

test("a pipeline takes the screen's pixels, and H.264 comes as every browser decodes it", () => {
  const kind = kindFor("h264", (name) => name === "openh264enc");
  const text = kind && pipelineOf(kind, request);
  expect(text).toContain("format=BGRx,width=1280,height=720,framerate=30/1");
  expect(text).toContain("bitrate=2500000 ! video/x-h264,stream-format=byte-stream,alignment=au");
  expect(text).toContain("profile=constrained-baseline");
  expect(text).toMatch(/appsink name=sink sync=false$/);
});
