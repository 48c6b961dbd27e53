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

test("who was sent away does not come back by itself, whatever the other side says", () => {
  expect(dropReason({ code: CLOSE_CODES.removed, reason: "FORBIDDEN", wasLive: true })).toMatchObject({
    title: "You were sent away",
    comesBack: "never",
  });
});

test("who was replaced comes back only when asked: two tabs do not fight for one place", () => {
  expect(dropReason({ code: CLOSE_CODES.replaced, reason: "", wasLive: true })).toMatchObject({
    title: "It is open in another place",
    comesBack: "asked",
  });
});

test("all else is tried again by itself", () => {
  for (const code of [1001, 1006, 1008, 1011, 4000, 4001, 4002, 4003, 4004, 4005])
    expect(dropReason({ code, reason: "", wasLive: true }).comesBack).toBeUndefined();
});
