import { SessionId } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import type { TimedSession } from "../session-record.ts";
import { expiryOf, timeoutsOf } from "./deadlines.ts";
import { planTimeouts } from "./plan-timeouts.ts";

const NOW = Date.parse("2026-01-01T12:00:00.000Z");
const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();

const session = (part: Partial<TimedSession> = {}): TimedSession => ({
  id: SessionId.parse(`ses_${"a".repeat(20)}`),
  status: "ready",
  createdAt: at(-1000),
  expiresAt: at(3000),
  ttlSeconds: 3600,
  absoluteAt: null,
  idleSeconds: 0,
  onIdle: "pause",
  activeAt: at(0),
  warned: {},
  ...part,
});

const plan = (part: Partial<TimedSession>, warnSeconds = 60) =>
  planTimeouts(session(part), NOW, warnSeconds).map(
    ({ do: what, deadline }) => `${what} ${deadline.timeout} ${deadline.action}`,
  );

describe("planTimeouts", () => {
  test.each<[string, Partial<TimedSession>, string[]]>([
    ["far from every deadline there is nothing to do", { absoluteAt: at(900), idleSeconds: 600 }, []],
    ["a near offline time-out is warned of", { expiresAt: at(59) }, ["warn offline end"]],
    ["once", { expiresAt: at(59), warned: { offline: at(59) } }, []],
    [
      "and again when it was pushed on and is near again",
      { expiresAt: at(59), warned: { offline: at(30) } },
      ["warn offline end"],
    ],
    ["a short one is warned of at its half, not at once", { expiresAt: at(29), ttlSeconds: 30 }, []],
    ["that is, then", { expiresAt: at(15), ttlSeconds: 30 }, ["warn offline end"]],
    ["the absolute one comes whatever is done", { absoluteAt: at(0) }, ["end absolute end"]],
    ["nobody there ends it", { expiresAt: at(0) }, ["end offline end"]],
    ["nothing done pauses it", { idleSeconds: 300, activeAt: at(-300) }, ["pause idle pause"]],
    ["or ends it, if so wished", { idleSeconds: 300, activeAt: at(-300), onIdle: "end" }, ["end idle end"]],
    ["with a warning before", { idleSeconds: 300, activeAt: at(-241) }, ["warn idle pause"]],
    ["and something done takes it back", { idleSeconds: 300, activeAt: at(-200) }, []],
    [
      "an end is stronger than a pause",
      { idleSeconds: 300, activeAt: at(-300), expiresAt: at(-1) },
      ["end offline end"],
    ],
    [
      "a pause that is due hides no warning of an end",
      { idleSeconds: 300, activeAt: at(-300), expiresAt: at(9) },
      ["warn offline end", "pause idle pause"],
    ],
    [
      "a paused session is neither offline nor idle",
      { status: "paused", expiresAt: at(-9), idleSeconds: 1 },
      [],
    ],
    ["but its absolute time counts", { status: "paused", absoluteAt: at(-1) }, ["end absolute end"]],
    ["and is warned of", { status: "paused", absoluteAt: at(30) }, ["warn absolute end"]],
    ["what is not ready yet is not idle", { status: "pending", idleSeconds: 1, activeAt: null }, []],
  ])("%s", (_, part, steps) => {
    expect(plan(part)).toEqual(steps);
  });

  test("without a time for warnings there are none", () => {
    expect(plan({ expiresAt: at(1) }, 0)).toEqual([]);
  });
});

describe("what is shown of time-outs", () => {
  test("is each of them, and the earliest that ends it", () => {
    const all = session({ absoluteAt: at(100), idleSeconds: 50 });
    expect(timeoutsOf(all)).toEqual({
      absoluteAt: at(100),
      offlineAt: at(3000),
      idleAt: at(50),
      onIdle: "pause",
    });
    expect(expiryOf(all)).toBe(at(100));
    expect(expiryOf({ ...all, onIdle: "end" })).toBe(at(50));
  });

  test("is nothing for a paused session without an absolute one", () => {
    expect(expiryOf(session({ status: "paused", idleSeconds: 50 }))).toBeNull();
  });
});
