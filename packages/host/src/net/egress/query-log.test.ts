import type { EgressQuery } from "@browservm/contract";
import { beforeEach, expect, test } from "vitest";
import { QueryLog } from "./query-log.ts";

let now = 0;
let log: QueryLog;
beforeEach(() => {
  now = 1_000_000;
  log = new QueryLog(() => now);
});

const denied = (name: string, verdict: EgressQuery["verdict"] = "denied"): EgressQuery => ({
  at: new Date(now).toISOString(),
  name,
  type: "A",
  verdict,
  addresses: [],
  ms: 1,
});

test("the same refusal is told once a minute, with how often it was", () => {
  expect(log.add(denied("a.example"))).toMatchObject({ name: "a.example", count: 1 });
  for (let time = 0; time < 50; time++) expect(log.add(denied("a.example"))).toBeUndefined();
  now += 60_000;
  expect(log.add(denied("a.example"))).toMatchObject({ count: 51 });
});

test("ten thousand names are few events, and none is lost from the count", () => {
  const told = Array.from({ length: 10_000 }, (_, index) => log.add(denied(`n${index}.example`))).filter(
    Boolean,
  );
  expect(told).toHaveLength(10);
  now += 60_000;
  expect(log.add(denied("z.example"))?.count).toBe(10_001 - 10);
  expect(log.counts).toEqual({ denied: 10_001 });
  expect(log.last).toHaveLength(200);
  expect(log.last[0]?.name).toBe("z.example");
});

test("what is allowed, or failed, is kept and not told", () => {
  for (const verdict of ["allowed", "failed", "limited"] as const)
    expect(log.add(denied("a.example", verdict))).toBeUndefined();
  expect(log.add(denied("b.example", "private"))).toMatchObject({ verdict: "private" });
});

test("who asks without end is stopped, and may go on later", () => {
  const asked = Array.from({ length: 300 }, () => log.mayAsk()).filter(Boolean);
  expect(asked).toHaveLength(200);
  now += 1000;
  expect(log.mayAsk()).toBe(true);
});
