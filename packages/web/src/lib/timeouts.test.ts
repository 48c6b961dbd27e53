import { describe, expect, test } from "vitest";
import { at, NOW, sessionFact } from "./testing/session-facts.ts";
import { deadlinesOf, deadlineWords, dueWarning, nextWords, TimeoutWarning, warningOf } from "./timeouts.ts";

const session = sessionFact({
  timeouts: { absoluteAt: at(7200), offlineAt: at(3540), idleAt: at(840), onIdle: "pause" },
});
const isDue = (one: TimeoutWarning, of: typeof session, now: number) =>
  dueWarning([one], of, now) !== undefined;
const warning = TimeoutWarning.parse({ timeout: "idle", at: at(840), action: "pause" });

describe("time-outs in words", () => {
  test("each of them is a sentence, the nearest first", () => {
    expect(deadlinesOf(session).map((one) => deadlineWords(one, NOW))).toEqual([
      "Pauses in 14 min when nothing is done in it",
      "Ends in 59 min when nobody looks at it any more",
      "Ends in 2 h whatever is done in it",
    ]);
  });

  test("where there is little room, the nearest one stands for all", () => {
    expect(nextWords(session, NOW)).toBe("pauses in 14 min");
    expect(nextWords(sessionFact(), NOW)).toBe("1 h left");
    const none = { absoluteAt: null, offlineAt: null, idleAt: null, onIdle: "pause" } as const;
    expect(nextWords(sessionFact({ status: "paused", timeouts: none, vm: { state: "paused" } }), NOW)).toBe(
      "stays paused",
    );
  });
});

describe("a warning", () => {
  test("counts while the session has that time-out", () => {
    expect(isDue(warning, session, NOW)).toBe(true);
  });

  test("is old news when the time-out was pushed on, is gone, or is over", () => {
    const pushed = { ...session, timeouts: { ...session.timeouts, idleAt: at(1700) } };
    expect(isDue(warning, pushed, NOW)).toBe(false);
    expect(isDue(warning, { ...session, timeouts: { ...session.timeouts, idleAt: null } }, NOW)).toBe(false);
    expect(isDue(warning, session, Date.parse(at(841)))).toBe(false);
  });

  test("of two, the nearer one counts", () => {
    const end = TimeoutWarning.parse({ timeout: "absolute", at: at(7200), action: "end" });
    expect(dueWarning([end, warning], session, NOW)).toBe(warning);
  });

  test("that nothing will pause it stays for a while, as long as that is so", () => {
    const none = { ...warning, action: "none" } as const;
    expect(isDue(none, session, NOW)).toBe(false);
    expect(isDue(none, { ...session, timeouts: { ...session.timeouts, idleAt: null } }, NOW)).toBe(true);
    const later = Date.parse(at(840 + 601));
    expect(isDue(none, { ...session, timeouts: { ...session.timeouts, idleAt: null } }, later)).toBe(false);
  });

  test("is read from its event only, and only when it is whole", () => {
    const event = { seq: 1, at: at(0), subject: session.id, type: "session.warning", data: { ...warning } };
    expect(warningOf(event)).toEqual(warning);
    expect(warningOf({ ...event, type: "session.state" })).toBeUndefined();
    expect(warningOf({ ...event, data: { timeout: "tea" } })).toBeUndefined();
  });
});
