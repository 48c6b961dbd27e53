import type { ViewerState } from "@browservm/sdk/viewer";
import { expect, test } from "vitest";
import { goneWords, statRows, wayWords } from "./live-words.ts";

const way = { rung: "vnc", trying: null, transport: null, why: null } as const;

test.each([
  [way, "Pictures by VNC"],
  [{ ...way, why: "this tab is hidden" }, "Pictures by VNC: this tab is hidden"],
  [{ ...way, trying: "webrtc" as const }, "Pictures by VNC, trying WebRTC"],
  [{ ...way, rung: "webrtc" as const, transport: "udp" as const }, "Video by WebRTC over UDP"],
  [{ ...way, rung: "webrtc" as const, transport: "tcp" as const }, "Video by WebRTC over TCP"],
  [{ ...way, rung: "websocket" as const, why: "ICE failed" }, "Video by WebSocket: ICE failed"],
])("the way in words %#", (state, words) => {
  expect(wayWords(state)).toBe(words);
});

test.each([
  ["NO_DISPLAY", "The VM's display does not run: it ended. The VM starts it again by itself."],
  ["ENCODER_FAILED", null],
])("what no way can show is told: %s", (code, words) => {
  const told = (problem: { code: string; message: string } | null): ViewerState["stream"] => ({
    ...{ type: "stream/state", state: "failed", codec: "vp8", codecs: [], width: 0, height: 0 },
    ...{ fps: 30, targetKbps: 250, maxKbps: null, hasAudio: false, problem },
  });
  expect(goneWords({ stream: told({ code, message: "it ended" }) })).toBe(words);
  expect(goneWords({ stream: told(null) })).toBeNull();
  expect(goneWords({ stream: null })).toBeNull();
});

const state: ViewerState = {
  ...way,
  wish: "auto",
  rung: "webrtc",
  transport: "udp",
  hasGateway: true,
  stream: null,
  isSoundOn: false,
  black: null,
  refusal: null,
  stats: {
    rung: "webrtc",
    transport: "udp",
    received: 90,
    decoded: 89,
    painted: 88,
    dropped: 1,
    fps: 29.6,
    kbps: 1234.5,
    loss: 0.0123,
    rttMs: 3.21,
    jitterBufferMs: null,
    latencyMs: { p50: 48.2, p95: 99.9 },
  },
  source: null,
  stages: { captured: 91, encoded: 90, sent: 90, connected: null, received: 90, decoded: 89, painted: 88 },
};

test("the numbers are told with their units, and what is not known is said to be so", () => {
  expect(Object.fromEntries(statRows(state).map(({ name, value }) => [name, value]))).toEqual({
    Way: "Video by WebRTC over UDP",
    Frames: "30 per second, 1 dropped",
    "Bit rate": "1235 kbit/s",
    Loss: "1.2 %",
    "Round trip": "3.2 ms",
    Encoding: "not known",
    "Jitter buffer": "not known",
    "Latency p50 / p95": "48 ms / 100 ms",
    "Captured → painted": "91 → 90 → 90 → – → 90 → 89 → 88",
  });
});

test("without video only the way is told, and how far the last video came", () => {
  expect(statRows({ ...state, ...way, stats: null }).map(({ name }) => name)).toEqual([
    "Way",
    "Captured → painted",
  ]);
  expect(statRows({ ...state, ...way, stats: null, stages: null })).toEqual([
    { name: "Way", value: "Pictures by VNC" },
  ]);
});
