import type { StreamReport, ViewerStream } from "@browservm/contract";
import { expect, test } from "vitest";
import { describeStream } from "./describe-stream.ts";

const source: NonNullable<StreamReport["source"]> = {
  state: "running",
  codec: "vp8",
  width: 1280,
  height: 720,
  fps: 30,
  targetKbps: 2000,
  kbps: 1500,
  captured: 100,
  unchanged: 40,
  encoded: 60,
  encodeMs: 4.56,
  guestRttMs: 1.23,
  codecs: ["vp8"],
  wantedMs: 9000,
  silentMs: 20,
  losses: 0,
  displayLosses: 0,
  problem: null,
};
const viewer: ViewerStream = {
  viewer: "vwr_a",
  rung: "webrtc",
  transport: "udp",
  rungMs: 9000,
  wants: "webrtc",
  codecs: ["vp8"],
  stuckMs: 0,
  offers: 1,
  checks: { udp: 4, tcp: 0 },
  udpAgoMs: 900,
  refused: null,
  sent: 60,
  dropped: 1,
  stats: null,
};

test("a picture that travels is told by its source and each viewer", () => {
  const words = describeStream({ source, viewers: [viewer] });
  expect(words).toContain("vp8 1280x720, 1500 of 2000 kbit/s");
  expect(words).toContain("webrtc/udp");
  expect(words).not.toContain("has no picture");
});

test("a picture that does not arrive is told with the first dead stage and what to do", () => {
  const unconnected = { ...viewer, transport: null, sent: 0 };
  expect(describeStream({ source, viewers: [unconnected] })).toMatch(
    /no picture \(connected\): .*\n {2}→ Open the port/,
  );
  const black = { ...source, encoded: 0, problem: { code: "ENCODER_FAILED", message: "no frame" } };
  const words = describeStream({ source: black, viewers: [viewer] });
  expect(words).toContain("(encoded)");
  expect(words).toContain("no frame (ENCODER_FAILED)");
});

test("who looks by VNC needs nothing of it", () => {
  expect(describeStream({ source: null, viewers: [{ ...viewer, rung: "vnc", sent: 0 }] })).toContain(
    "Nobody looks by video",
  );
});
