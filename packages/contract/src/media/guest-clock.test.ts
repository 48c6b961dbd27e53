import { expect, test } from "vitest";
import { GuestClock } from "./guest-clock.ts";

/** The guest's clock in these tests: it began 7 s before ours. */
const guest = (us: number) => us + 7_000_000;

test("is not known before an answer", () => {
  expect(new GuestClock().guestUs(5)).toBe(null);
});

test("is known to half the way's asymmetry: here there is none", () => {
  const clock = new GuestClock();
  clock.add({ sentUs: 100, receivedUs: 110, guestUs: guest(105) });
  expect(clock.guestUs(500)).toBe(guest(500));
});

test("believes the quickest answer, not the newest", () => {
  const clock = new GuestClock();
  clock.add({ sentUs: 100, receivedUs: 104, guestUs: guest(102) });
  // 80 of it on the way back: the middle is wrong by 39
  clock.add({ sentUs: 200, receivedUs: 282, guestUs: guest(201) });
  expect(clock.guestUs(1000)).toBe(guest(1000));
  expect(clock.rttMs).toBe(0.082); // of the newest
});

test("of equally quick ones the newest, and old ones are forgotten, for clocks drift", () => {
  const clock = new GuestClock();
  clock.add({ sentUs: 0, receivedUs: 1, guestUs: guest(0.5) });
  for (let at = 1; at <= 20; at += 1)
    clock.add({ sentUs: at * 1000, receivedUs: at * 1000 + 2, guestUs: guest(at * 1000 + 1) + at });
  expect(clock.guestUs(50_000)).toBe(guest(50_000) + 20);
});

test("takes no answer from before its question, and forgets when told", () => {
  const clock = new GuestClock();
  clock.add({ sentUs: 10, receivedUs: 9, guestUs: 1 });
  expect(clock.guestUs(5)).toBe(null);
  clock.add({ sentUs: 10, receivedUs: 12, guestUs: 1 });
  clock.forget();
  expect(clock.guestUs(5)).toBe(null);
});
