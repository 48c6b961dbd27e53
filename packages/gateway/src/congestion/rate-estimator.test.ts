import { expect, test } from "vitest";
import { type Feedback, RateEstimator } from "./rate-estimator.ts";

const MOST = 4000;
const make = () => new RateEstimator({ startKbps: 2000, minKbps: 250 }, 0);

/** Seconds of the same feedback, each followed by growth; answers the rate. */
function spend(estimator: RateEstimator, seconds: number, feedback: Feedback, from = 0): number {
  for (let second = 1; second <= seconds; second += 1) {
    estimator.hear(feedback, from + second * 1000);
    estimator.grow(MOST, from + second * 1000);
  }
  return estimator.kbps;
}

test("a way that shows nothing gets more, slowly, and never more than is allowed", () => {
  const estimator = make();
  expect(spend(estimator, 1, { loss: 0, rttMs: 20 })).toBe(2160);
  expect(spend(estimator, 60, { loss: 0, rttMs: 20 }, 1000)).toBe(MOST);
});

test("heavy loss takes away half of what is lost, once within a second", () => {
  const estimator = make();
  estimator.hear({ loss: 0.4 }, 1000);
  estimator.hear({ loss: 0.4 }, 1100);
  expect(estimator.kbps).toBe(1600);
  estimator.hear({ loss: 0.4 }, 2000);
  expect(estimator.kbps).toBe(1280);
});

test("a little loss takes nothing away and lets nothing grow", () => {
  expect(spend(make(), 10, { loss: 0.05 })).toBe(2000);
});

test("a queue on the way shows as a longer round trip; a way that always was long is none", () => {
  const queued = make();
  queued.hear({ rttMs: 20 }, 0);
  queued.hear({ rttMs: 400 }, 1000);
  expect(queued.kbps).toBe(1700);
  const long = make();
  expect(spend(long, 5, { rttMs: 400 })).toBeGreaterThan(2000);
});

test("pictures that found no room take away a third", () => {
  const estimator = make();
  estimator.hear({ dropped: 1 }, 1000);
  expect(estimator.kbps).toBe(1400);
});

test("however bad it is, something is left; and it comes back when it is good again", () => {
  const estimator = make();
  expect(spend(estimator, 60, { loss: 1, dropped: 9, rttMs: 5000 })).toBe(250);
  expect(spend(estimator, 60, { loss: 0, rttMs: 5000 }, 60_000)).toBe(MOST);
});

test("a packet that was missed and comes late is counted once among what was sent", () => {
  const estimator = new RateEstimator({ startKbps: 2000, minKbps: 100 }, 0);
  // 600 kbit/s: less than half of what might be sent, so that a queue says little of the way.
  const sent = Array.from({ length: 60 }, (_, at) => ({ sentMs: at * 10, bytes: 750 }));
  estimator.hear({ fates: sent.map((one) => ({ ...one, arrivedMs: null })) }, 700);
  const late = sent.map((one, at) => ({ ...one, arrivedMs: 1_000_000 + one.sentMs + 6 * at, isLate: true }));
  estimator.hear({ fates: late }, 1000);
  expect(estimator.kbps).toBe(1400);
});
