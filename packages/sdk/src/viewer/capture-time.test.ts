import { expect, test } from "vitest";
import { captureLatency } from "./capture-time.ts";

/** The guest's clock in milliseconds when ours says 0. */
const clockAt = (guestMs: number) => (ms: number) => (ms + guestMs) * 1000;
const frame = (rtpTimestamp?: number) => ({
  expectedDisplayTime: 150,
  ...(rtpTimestamp === undefined ? {} : { rtpTimestamp }),
});
/** As the gateway makes it. */
const rtpOf = (guestMs: number) => Math.floor(guestMs * 90) % 2 ** 32;

test.each([0, 7000, 47_721_859, 3_000_000_000])(
  "is the guest's clock at the paint less the frame's RTP time, also where that wraps: from %i ms on",
  (guestMs) => {
    const captured = guestMs + 150 - 40;
    expect(captureLatency({ frame: frame(rtpOf(captured)), guestUs: clockAt(guestMs) })).toBeCloseTo(40, 0);
  },
);

test.each([
  ["no RTP time", frame(), clockAt(7000)],
  ["an RTP time of another clock", frame(rtpOf(600_000)), clockAt(7000)],
  ["one that lies ahead of the guest's clock", frame(rtpOf(7400)), clockAt(7000)],
  ["an unknown guest's clock", frame(rtpOf(7110)), () => null],
])("is not known from %s", (_, one, guestUs) => {
  expect(captureLatency({ frame: one, guestUs })).toBe(null);
});
