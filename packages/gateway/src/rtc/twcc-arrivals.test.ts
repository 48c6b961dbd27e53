import { expect, test } from "vitest";
import { RtcpPacketConverter, type RtcpTransportLayerFeedback, type TransportWideCC } from "werift";
import { twccBytes } from "../testing/twcc-bytes.ts";
import { TwccArrivals } from "./twcc-arrivals.ts";

function feedback(count: number, reference: number, rest: readonly number[]): TransportWideCC {
  const bytes = twccBytes({ base: 65_534, count, reference, rest });
  const [packet] = RtcpPacketConverter.deSerialize(bytes);
  return (packet as RtcpTransportLayerFeedback).feedback as TransportWideCC;
}

test("a run, a vector of one bit and one of two bits are read, with what did not come", () => {
  const chunks = [
    0b0010_0000,
    2, // two that came, by a small delta each
    0b1010_0000,
    0, // of 14: the first came
    0b1100_1000,
    0, // of seven: no, by a large delta (10), no …
  ];
  const deltas = [4, 8, 40, 0xff, 0xfc];
  const arrivals = new TwccArrivals().read(feedback(18, 10, [...chunks, ...deltas]));
  expect(arrivals.slice(0, 3)).toEqual([
    { sequence: 65_534, arrivedMs: 641 },
    { sequence: 65_535, arrivedMs: 643 },
    { sequence: 0, arrivedMs: 653 },
  ]);
  expect(arrivals.slice(3, 16).every(({ arrivedMs }) => arrivedMs === null)).toBe(true);
  expect(arrivals.slice(16)).toEqual([
    { sequence: 14, arrivedMs: null },
    { sequence: 15, arrivedMs: 652 },
  ]);
});

test("the viewer's clock goes on where its 24 bits wrap, and may go back a little", () => {
  const reader = new TwccArrivals();
  const one = [0b0010_0000, 1, 0];
  const at = (reference: number) => reader.read(feedback(1, reference, one))[0]?.arrivedMs;
  const last = 2 ** 24 - 1;
  expect(at(last)).toBe(last * 64);
  expect(at(1)).toBe((last + 2) * 64);
  expect(at(0)).toBe((last + 1) * 64);
});
