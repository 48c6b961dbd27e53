import { expect, test } from "vitest";
import { GuestClock } from "./guest-clock.ts";

/** The guest's clock in these tests: it began 7 s before ours. */
const guest = (ms: number) => (ms + 7000) * 1000;

test("is not known before an answer", () => {
  expect(new GuestClock().at(5)).toBe(null);
});

test("is known to half the way's asymmetry: here there is none", () => {
  const clock = new GuestClock();
  clock.add({ sentAt: 100, backAt: 110, guestUs: guest(105) });
  expect(clock.at(500)).toBe(guest(500));
});

test("believes the quickest answer, not the newest", () => {
  const clock = new GuestClock();
  clock.add({ sentAt: 100, backAt: 104, guestUs: guest(102) });
  // 80 ms of it on the way back: the middle is wrong by 39 ms
  clock.add({ sentAt: 200, backAt: 282, guestUs: guest(201) });
  expect(clock.at(1000)).toBe(guest(1000));
});

test("of equally quick ones the newest, and old ones are forgotten, for clocks drift", () => {
  const clock = new GuestClock();
  clock.add({ sentAt: 0, backAt: 1, guestUs: guest(0.5) });
  for (let at = 1; at <= 20; at += 1)
    clock.add({ sentAt: at * 1000, backAt: at * 1000 + 2, guestUs: guest(at * 1000 + 1) + at });
  expect(clock.at(50_000)).toBe(guest(50_000) + 20);
});

test("takes no answer from before its question, and forgets when told", () => {
  const clock = new GuestClock();
  clock.add({ sentAt: 10, backAt: 9, guestUs: 1 });
  expect(clock.at(5)).toBe(null);
  clock.add({ sentAt: 10, backAt: 12, guestUs: 1 });
  clock.forget();
  expect(clock.at(5)).toBe(null);
});
