import { expect, test } from "vitest";
import { captureLatency } from "./capture-time.ts";

const clock = { at: (ms: number) => (ms + 7000) * 1000 };
const frame = { rtpTimestamp: 9000, expectedDisplayTime: 150 };
const source = (rtpTimestamp: number, captureTimestamp?: number) =>
  ({ rtpTimestamp, source: 1, timestamp: 0, captureTimestamp }) as RTCRtpSynchronizationSource;

test("is from the frame's own capture time, in the guest's clock", () => {
  expect(captureLatency({ sources: [source(9000, 7110)], frame, clock })).toBe(40);
});

test.each([
  ["the time of another frame", [source(6000, 7110)], clock],
  ["no time", [source(9000)], clock],
  ["nothing", [], clock],
  ["a time of another clock", [source(9000, 4_004_753_550_634)], clock],
  ["an unknown guest's clock", [source(9000, 7110)], { at: () => null }],
])("is not known from %s", (_, sources, guest) => {
  expect(captureLatency({ sources, frame, clock: guest })).toBe(null);
});
