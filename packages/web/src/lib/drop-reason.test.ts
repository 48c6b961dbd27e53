import { CLOSE_CODES } from "@browservm/contract";
import { expect, test } from "vitest";
import { dropReason } from "./drop-reason.ts";

test("a code of the error table is said by its title and fix", () => {
  expect(dropReason({ code: 1011, reason: "VMM_DIED", wasLive: true })).toEqual({
    title: "The VMM process ended without being asked",
    what: expect.stringContaining("start a new session"),
  });
});

test("a line that broke is told apart from one that never stood", () => {
  const broke = dropReason({ code: 1006, reason: "", wasLive: true });
  const never = dropReason({ code: 1006, reason: "", wasLive: false });
  expect(broke.title).toBe("The connection broke off");
  expect(never.title).toBe("No connection");
});

test("words of the other side are kept", () => {
  expect(dropReason({ code: 1011, reason: "display is gone", wasLive: true }).what).toBe("display is gone");
});

test("a pause is no fault", () => {
  expect(dropReason({ code: CLOSE_CODES.sessionPaused, reason: "VM_PAUSED", wasLive: true }).title).toBe(
    "The session is paused",
  );
});
