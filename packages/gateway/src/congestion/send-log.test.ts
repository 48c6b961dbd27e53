import { expect, test } from "vitest";
import { SendLog } from "./send-log.ts";

test("a packet is told of once as missing, and once when it comes after all", () => {
  const log = new SendLog();
  const sequence = log.add(500, 10);
  const missing = [{ sequence, arrivedMs: null }];
  expect(log.fates(missing)).toEqual([{ sentMs: 10, arrivedMs: null, bytes: 500 }]);
  expect(log.fates(missing)).toEqual([]);
  expect(log.fates([{ sequence, arrivedMs: 40 }])).toEqual([
    { sentMs: 10, arrivedMs: 40, bytes: 500, isLate: true },
  ]);
  expect(log.fates([{ sequence, arrivedMs: 41 }, ...missing])).toEqual([]);
});

test("nothing is told of a packet that was forgotten, or whose number another one has", () => {
  const log = new SendLog();
  const first = log.add(500, 1);
  const second = log.add(500, 2);
  log.forget(second);
  for (let more = 0; more < 4095; more += 1) log.add(1, 3);
  expect(log.fates([first, second].map((sequence) => ({ sequence, arrivedMs: 9 })))).toEqual([]);
});
