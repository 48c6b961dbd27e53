import { expect, test } from "vitest";
import { Ledger } from "./ledger.ts";

test("a look that fails is a loss with its reason, and the soak goes on", async () => {
  const ledger = new Ledger();
  await ledger.look("ping", async () => {});
  await ledger.look("ping", () => Promise.reject(new Error("no reply")));
  expect(ledger.rows()).toMatchObject([{ what: "ping", tries: 2, lost: 1 }]);
  expect(ledger.losses).toMatchObject([{ what: "ping", why: "no reply" }]);
});

test("median and longest are of the looks that succeeded", () => {
  const ledger = new Ledger();
  for (const ms of [5, 1, 9]) ledger.took("http", ms);
  ledger.lose("adoption", "late");
  expect(ledger.rows()).toEqual([
    { what: "http", tries: 3, lost: 0, medianMs: 5, longestMs: 9 },
    { what: "adoption", tries: 1, lost: 1, medianMs: 0, longestMs: 0 },
  ]);
});
