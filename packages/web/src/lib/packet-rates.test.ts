import { expect, test } from "vitest";
import { RateMeter, ratesBetween, sparkline, totalRate } from "./packet-rates.ts";
import { later, picture, port } from "./testing/doctor-facts.ts";

const before = picture([port("bv-1", { rxPackets: 100, txPackets: 50 })]);

test("a rate is what was counted between two pictures, by the second", () => {
  const now = picture([port("bv-1", { rxPackets: 120, txPackets: 54, rxDropped: 2 })], { at: later(2) });
  expect(ratesBetween(before, now).get("bv-1")).toEqual({ rx: 10, tx: 2, dropped: 1 });
});

test("the bridge has a rate of its own, by its name", () => {
  expect(ratesBetween(before, picture([], { at: later(2) })).get("fcbr0")).toEqual({
    rx: 0,
    tx: 0,
    dropped: 0,
  });
});

test("a port that is new has no rate", () => {
  expect(ratesBetween(before, picture([port("bv-2")], { at: later(2) })).get("bv-2")).toBeUndefined();
});

test("a TAP that was made anew counts from zero, which is no negative rate", () => {
  const now = picture([port("bv-1", { rxPackets: 3 })], { at: later(2) });
  expect(ratesBetween(before, now).get("bv-1")).toBeUndefined();
});

test("two pictures of the same moment tell no rate", () => {
  expect(ratesBetween(before, before).size).toBe(0);
});

test("a look that comes too soon keeps the rates of the one before", () => {
  const meter = new RateMeter();
  meter.observe(before);
  const rates = meter.observe(picture([port("bv-1", { rxPackets: 120, txPackets: 50 })], { at: later(2) }));
  expect(totalRate(rates.get("bv-1"))).toBe(10);
  const soon = picture([port("bv-1", { rxPackets: 900, txPackets: 50 })], { at: later(2.2) });
  expect(meter.observe(soon)).toBe(rates);
});

test("the history is bounded", () => {
  const meter = new RateMeter();
  for (let look = 0; look < 100; look += 1) meter.observe(picture([], { at: later(2 * look) }));
  expect(meter.history).toHaveLength(60);
});

test("a line through values reaches the top at the greatest, and needs two of them", () => {
  expect(sparkline([0, 4, 2], 10, 20)).toBe("0.0,20.0 5.0,0.0 10.0,10.0");
  expect(sparkline([0, 0], 10, 20)).toBe("0.0,20.0 10.0,20.0");
  expect(sparkline([4], 10, 20)).toBe("");
});
