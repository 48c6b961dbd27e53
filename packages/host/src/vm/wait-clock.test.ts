import { expect, test } from "vitest";
import { WaitClock } from "./wait-clock.ts";

test("waits that overlap count once, and what is between them does not count", async () => {
  let now = 0;
  const clock = new WaitClock(() => now);
  const [one, other] = [Promise.withResolvers<string>(), Promise.withResolvers<void>()];
  now = 10;
  const first = clock.during(one.promise);
  now = 15;
  const second = clock.during(other.promise);
  now = 20;
  one.resolve("answer");
  expect(await first).toBe("answer");
  expect(clock.waitedMs).toBe(10);
  now = 40;
  other.resolve();
  await second;
  now = 100;
  expect(clock.waitedMs).toBe(30);
  await clock.during(Promise.resolve());
  expect(clock.waitedMs).toBe(30);
});

test("a wait that fails has been a wait, and fails as it did", async () => {
  let now = 0;
  const clock = new WaitClock(() => now);
  const { promise, reject } = Promise.withResolvers<void>();
  const wait = clock.during(promise);
  now = 7;
  reject(new Error("no answer"));
  await expect(wait).rejects.toThrow("no answer");
  now = 50;
  expect(clock.waitedMs).toBe(7);
});
