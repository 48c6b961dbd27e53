import { describe, expect, test } from "vitest";
import { RateEstimator } from "./rate-estimator.ts";
import type { PacketFate } from "./send-log.ts";
import { dice, PACKET_BYTES, SimulatedWay, type WaySpec } from "./testing/simulated-way.ts";

const MOST = 4000;
const FRAME_MS = 1000 / 30;
const PACE = 2.5;

interface Run {
  readonly way: WaySpec;
  readonly seconds: number;
  readonly startKbps?: number;
  /** Of what is allowed, how much the encoder makes at a millisecond: 1 while all of the screen moves, 0 while it is still. */
  readonly demand?: (ms: number) => number;
}

interface Moment {
  readonly ms: number;
  readonly kbps: number;
  readonly queueMs: number;
}

/** An encoder, a pacer and a viewer around the estimator, each tenth of a second. */
function simulate({ way: spec, seconds, startKbps = 2000, demand = () => 1 }: Run): Moment[] {
  const estimator = new RateEstimator({ startKbps, minKbps: 250 }, 0);
  const way = new SimulatedWay(spec);
  const random = dice(11);
  const moments: Moment[] = [];
  let waiting: PacketFate[] = [];
  for (let frame = 0; frame * FRAME_MS < seconds * 1000; frame += 1) {
    const at = frame * FRAME_MS;
    // pictures differ in size, as an encoder's do
    const bytes = (estimator.kbps / 8) * FRAME_MS * demand(at) * (0.5 + random());
    const gapMs = (PACKET_BYTES * 8) / (estimator.kbps * PACE);
    for (let sent = 0, n = 0; sent < bytes; sent += PACKET_BYTES, n += 1)
      waiting.push(way.send(at + n * gapMs, PACKET_BYTES));
    if (frame % 3 === 0) {
      const seenBy = at + 4_000_000 - spec.delayMs; // what the viewer had when it told of it
      const told = waiting.filter(({ sentMs, arrivedMs }) => (arrivedMs ?? sentMs + 4_000_000) <= seenBy);
      waiting = waiting.filter((fate) => !told.includes(fate));
      if (told.length > 0) estimator.hear({ fates: told }, at);
    }
    if (frame % 30 === 0) estimator.grow(MOST, at);
    moments.push({ ms: at, kbps: estimator.kbps, queueMs: way.queueMs(at) });
  }
  return moments;
}

const between = (moments: readonly Moment[], from: number, to: number) =>
  moments.filter(({ ms }) => ms >= from * 1000 && ms < to * 1000);
const mean = (moments: readonly Moment[], of: (moment: Moment) => number) =>
  moments.reduce((sum, moment) => sum + of(moment), 0) / moments.length;
const rate = ({ kbps }: Moment) => kbps;
const queue = ({ queueMs }: Moment) => queueMs;

const WIDE: WaySpec = { kbps: () => 20_000, bufferMs: 500, delayMs: 20 };

describe("the rate, where packets tell when they came", () => {
  test("grows to what is allowed on a wide way", () => {
    expect(between(simulate({ way: WIDE, seconds: 20 }), 15, 20).every(({ kbps }) => kbps === MOST)).toBe(
      true,
    );
  });

  test("falls below a capacity that falls, before the buffer is full, and the queue empties", () => {
    const kbps = (ms: number) => (ms < 10_000 ? 6000 : 1000);
    const moments = simulate({ way: { kbps, bufferMs: 2000, delayMs: 20 }, seconds: 30, startKbps: 3000 });
    expect(mean(between(moments, 11, 12), rate)).toBeLessThan(1100);
    expect(Math.max(...between(moments, 10, 30).map(queue))).toBeLessThan(1500);
    expect(mean(between(moments, 18, 30), queue)).toBeLessThan(60);
    expect(mean(between(moments, 18, 30), rate)).toBeGreaterThan(500);
  });

  test("finds a narrow way from above, and keeps its queue short", () => {
    const moments = simulate({ way: { kbps: () => 1200, bufferMs: 2000, delayMs: 20 }, seconds: 40 });
    expect(mean(between(moments, 10, 40), rate)).toBeGreaterThan(600);
    expect(mean(between(moments, 10, 40), rate)).toBeLessThan(1250);
    expect(mean(between(moments, 10, 40), queue)).toBeLessThan(100);
  });

  test.each([0.01, 0.02, 0.03])("does not fall where packets are lost at random (%f)", (loss) => {
    const moments = simulate({ way: { ...WIDE, loss }, seconds: 30 });
    expect(Math.min(...moments.map(rate))).toBeGreaterThanOrEqual(2000);
    expect(mean(between(moments, 20, 30), rate)).toBeGreaterThan(3500);
  });

  test("does not fall where packets are late at random", () => {
    const moments = simulate({ way: { ...WIDE, jitterMs: 15 }, seconds: 30 });
    expect(mean(between(moments, 20, 30), rate)).toBeGreaterThan(2500);
  });

  test("comes back when the way is wide again", () => {
    const kbps = (ms: number) => (ms > 10_000 && ms < 15_000 ? 1000 : 10_000);
    const moments = simulate({ way: { kbps, bufferMs: 1000, delayMs: 20 }, seconds: 45 });
    expect(mean(between(moments, 13, 15), rate)).toBeLessThan(1100);
    expect(mean(between(moments, 40, 45), rate)).toBeGreaterThan(3000);
  });

  test("a still screen does not make a way wide that was narrow", () => {
    const demand = (ms: number) => (ms > 15_000 && ms < 35_000 ? 0.02 : 1);
    const way = { kbps: () => 1000, bufferMs: 2000, delayMs: 20 };
    const moments = simulate({ way, seconds: 36, demand });
    expect(mean(between(moments, 30, 35), rate)).toBeLessThan(1500);
  });

  test("a page that sends little is not told to send nothing by one moment of delay", () => {
    const kbps = (ms: number) => (ms > 10_000 && ms < 10_300 ? 200 : 10_000);
    const moments = simulate({ way: { kbps, bufferMs: 2000, delayMs: 20 }, seconds: 12, demand: () => 0.1 });
    const rates = between(moments, 9, 12).map(rate);
    expect(Math.min(...rates)).toBeLessThan(MOST);
    expect(Math.min(...rates)).toBeGreaterThan(700);
  });

  test("a longer way is no queue, when the estimator is told of it", () => {
    const over = (estimator: RateEstimator, from: number, delayMs: number) => {
      for (let at = from; at < from + 2000; at += 100) {
        const sent = Array.from({ length: 10 }, (_, n) => at + 10 * n);
        const fates = sent.map((sentMs) => ({ sentMs, arrivedMs: sentMs + delayMs, bytes: 500 }));
        estimator.hear({ fates }, at + 100);
      }
      return estimator.kbps;
    };
    const [told, untold] = [0, 0].map(() => new RateEstimator({ startKbps: 2000, minKbps: 250 }, 0));
    if (!told || !untold) throw new Error("two estimators");
    for (const one of [told, untold]) expect(over(one, 0, 20)).toBe(2000);
    told.forgetWay();
    expect(over(told, 3000, 320)).toBe(2000);
    expect(over(untold, 3000, 320)).toBeLessThan(2000);
  });

  test("round trips count only where packets tell nothing", () => {
    const estimator = new RateEstimator({ startKbps: 2000, minKbps: 250 }, 0);
    estimator.hear({ rttMs: 20 }, 0);
    estimator.hear({ fates: [{ sentMs: 0, arrivedMs: 1, bytes: 100 }] }, 900);
    estimator.hear({ rttMs: 400 }, 1000);
    expect(estimator.kbps).toBe(2000);
    estimator.hear({ rttMs: 400 }, 9000);
    expect(estimator.kbps).toBe(1700);
  });
});
