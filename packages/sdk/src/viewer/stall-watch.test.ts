import { expect, test } from "vitest";
import { StallWatch } from "./stall-watch.ts";

/** One second of a stream: what the gateway tells at its beginning, what is measured at its end. */
function second(
  watch: StallWatch,
  at: number,
  sent: number,
  received: number,
  bytes: number,
  isDatagram = true,
) {
  watch.sent(at * 1000, sent);
  return watch.arrived(at * 1000 + 950, { received, bytes, isDatagram });
}

test("datagrams of which not one comes for a second are a stall", () => {
  const watch = new StallWatch();
  expect(second(watch, 0, 30, 30, 3000)).toBe(false);
  expect(second(watch, 1, 60, 60, 6000)).toBe(false);
  expect(second(watch, 2, 90, 60, 6000)).toBe(false); // these may have come before the look
  expect(second(watch, 3, 120, 60, 6000)).toBe(true);
});

test("bytes without a whole frame are one after some seconds only, as is silence where packets wait for each other", () => {
  for (const isDatagram of [true, false]) {
    const watch = new StallWatch();
    const bytes = (at: number) => (isDatagram ? at : 0);
    const stalled = [0, 1, 2, 3, 4, 5].map((at) => second(watch, at, 30 * at, 0, bytes(at), isDatagram));
    expect(stalled).toEqual([false, false, false, false, false, true]);
  }
});

test("one that arrives begins the wait anew", () => {
  const watch = new StallWatch();
  for (const at of [0, 1, 2, 3, 4]) second(watch, at, 30 * at, 0, at);
  expect(second(watch, 5, 150, 1, 5)).toBe(false);
  for (const at of [6, 7, 8, 9]) expect(second(watch, at, 30 * at, 1, at)).toBe(false);
  expect(second(watch, 10, 330, 1, 11)).toBe(true);
});

test("a still picture is none: nothing is sent, however long", () => {
  const watch = new StallWatch();
  for (let at = 0; at <= 60; at += 1) expect(second(watch, at, 10, 9, 100)).toBe(false);
  expect(second(watch, 61, 40, 9, 100)).toBe(true);
});

test("a few frames of a still picture that were lost are no silence of datagrams", () => {
  const watch = new StallWatch();
  for (const at of [0, 1]) expect(second(watch, at, 30, 30, 3000)).toBe(false);
  for (const at of [2, 3, 4]) expect(second(watch, at, 37, 30, 3000)).toBe(false);
  expect(second(watch, 5, 37, 30, 3000)).toBe(true); // for seconds the picture is another one than the VM's
});

test("words that come late, all at once, are no stall: the network was away for both", () => {
  const watch = new StallWatch();
  second(watch, 0, 30, 30, 3000);
  watch.sent(1000, 60);
  for (const sent of [90, 120, 150, 180]) watch.sent(5000, sent);
  expect(watch.arrived(5001, { received: 30, bytes: 3000, isDatagram: true })).toBe(false);
});

test("counts that begin again, after a new connection, are no stall", () => {
  const watch = new StallWatch();
  second(watch, 0, 100, 90, 900);
  second(watch, 1, 130, 90, 900);
  expect(second(watch, 5, 1, 90, 900)).toBe(false);
});
