import { describe, expect, test } from "vitest";
import { beginningOf } from "./how-it-began.ts";
import { SESSION_ID, sessionFact } from "./testing/session-facts.ts";

const timing = { totalMs: 3100, waitedMs: 3052 };

describe("how a session began", () => {
  test("a boot is told with its time", () => {
    expect(beginningOf(sessionFact())).toEqual({ kind: "boot", words: "booted in 36.0 s" });
  });

  test("a restore is told with hostd's own share", () => {
    const session = sessionFact({ vm: { origin: "snapshot", timing } });
    expect(beginningOf(session)).toEqual({
      kind: "snapshot",
      words: "restored from a snapshot in 3.1 s",
      detail: "hostd's own share 48 ms",
    });
  });

  test("a VM of a pool is told by what its claim took, and how it was made before", () => {
    const session = sessionFact({ pool: "warm", vm: { origin: "snapshot", timing } });
    expect(beginningOf(session, 12)).toEqual({
      kind: "pool",
      words: "from pool warm in 12 ms",
      detail: "made ahead of demand: restored from a snapshot in 3.1 s, hostd's own share 48 ms",
    });
    expect(beginningOf(sessionFact({ pool: "warm" }))?.words).toBe("from pool warm");
  });

  test("a fork names the session that it began as", () => {
    const session = sessionFact({ forkOf: SESSION_ID, vm: { origin: "fork", timing } });
    expect(beginningOf(session)?.words).toBe("forked from ses_aaaaaaaa in 3.1 s");
  });

  test("before it is decided there is nothing to tell", () => {
    expect(beginningOf(sessionFact({ status: "pending", vm: null }))).toBeUndefined();
    expect(beginningOf(sessionFact({ status: "pending", vm: { origin: undefined } }))).toBeUndefined();
  });
});
