import { type SessionStatus, VmState } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { statusAfter } from "./session-status.ts";

describe("statusAfter", () => {
  test("a launch leaves the session pending until its VM is ready", () => {
    for (const state of ["creating", "booting", "verifying"] as const)
      expect(statusAfter("pending", state)).toBe("pending");
    expect(statusAfter("pending", "ready")).toBe("ready");
  });

  test("a ready session stays ready while its VM is verified anew", () => {
    expect(statusAfter("ready", "verifying")).toBe("ready");
  });

  test("what is over stays over, whatever hostd says", () => {
    for (const over of ["ended", "failed"] as const) {
      for (const state of VmState.options) expect(statusAfter(over, state)).toBe(over);
    }
  });

  test("a session that is ending never comes back", () => {
    const reached = new Set(VmState.options.map((state) => statusAfter("ending", state)));
    expect(reached).toEqual(new Set<SessionStatus>(["ending", "ended"]));
  });
});
