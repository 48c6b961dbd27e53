import { expect, test } from "vitest";
import { StallWatch } from "./stall-watch.ts";

test("frames that are sent and do not arrive for four seconds are a stall", () => {
  const watch = new StallWatch();
  expect(watch.look(0, 10, 10)).toBe(false);
  expect(watch.look(1000, 12, 10)).toBe(false);
  expect(watch.look(3999, 15, 10)).toBe(false);
  expect(watch.look(4000, 15, 10)).toBe(true);
});

test("one that arrives begins the wait anew", () => {
  const watch = new StallWatch();
  watch.look(0, 10, 10);
  watch.look(3000, 20, 11);
  expect(watch.look(6999, 30, 11)).toBe(false);
  expect(watch.look(7000, 30, 11)).toBe(true);
});

test("a still picture is none: nothing is sent, however long", () => {
  const watch = new StallWatch();
  for (let at = 0; at <= 60_000; at += 1000) expect(watch.look(at, 10, 9)).toBe(false);
  expect(watch.look(61_000, 11, 9)).toBe(false);
  expect(watch.look(64_000, 11, 9)).toBe(true);
});

test("counts that begin again, after a new connection, are no stall", () => {
  const watch = new StallWatch();
  watch.look(0, 100, 90);
  expect(watch.look(5000, 1, 90)).toBe(false);
});
