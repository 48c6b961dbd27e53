import { expect, test } from "vitest";
import { AgentLog } from "./agent-log.ts";

const never = new AbortController().signal;
const quietLog = () => new AgentLog({ write: () => {}, now: () => new Date(0) });

test("tells lines once, each after the other", async () => {
  const log = quietLog();
  log.info("one");
  log.warn("two");
  const first = await log.after(0, 0, never);
  expect(first.lines).toEqual(["1970-01-01T00:00:00.000Z info one", "1970-01-01T00:00:00.000Z warn two"]);
  log.info("three");
  expect(await log.after(first.next, 0, never)).toEqual({
    lines: ["1970-01-01T00:00:00.000Z info three"],
    next: 3,
  });
});

test("waits for the first line, and not longer than asked", async () => {
  const log = quietLog();
  const waiting = log.after(0, 5000, never);
  log.info("now");
  expect((await waiting).lines).toHaveLength(1);
  expect(await log.after(1, 20, never)).toEqual({ lines: [], next: 1 });
  const stop = new AbortController();
  const stopped = log.after(1, 5000, stop.signal);
  stop.abort();
  expect(await stopped).toEqual({ lines: [], next: 1 });
});

test("forgets the oldest lines, and goes on from those that are left", async () => {
  const log = quietLog();
  for (let i = 0; i < 5000; i += 1) log.info(`line ${i}`);
  let next = 0;
  const told: string[] = [];
  for (
    let part = await log.after(next, 0, never);
    part.lines.length > 0;
    part = await log.after(next, 0, never)
  ) {
    told.push(...part.lines);
    next = part.next;
  }
  expect(told.length).toBeLessThanOrEqual(2000);
  expect(told.at(-1)).toMatch(/line 4999$/);
  expect(next).toBe(5000);
});

test("a message stays one line", async () => {
  const log = quietLog();
  log.warn("two\nlines");
  expect((await log.after(0, 0, never)).lines[0]).not.toContain("\n");
});
