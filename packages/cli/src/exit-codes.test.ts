import { BrowserVmError } from "@browservm/contract";
import { CommanderError } from "commander";
import { expect, test } from "vitest";
import { exitStatusOf } from "./exit-codes.ts";

test("each kind of failure has its own exit status", () => {
  expect(exitStatusOf(new BrowserVmError("SESSION_NOT_FOUND", "no"))).toBe(1);
  expect(exitStatusOf(new CommanderError(1, "commander.unknownOption", "what"))).toBe(2);
  expect(exitStatusOf(new CommanderError(0, "commander.helpDisplayed", "help"))).toBe(0);
  expect(exitStatusOf(new BrowserVmError("DEADLINE_EXCEEDED", "late"))).toBe(3);
  expect(exitStatusOf(new BrowserVmError("INTERNAL", "bug"))).toBe(70);
  expect(exitStatusOf(new TypeError("bug"))).toBe(70);
  expect(exitStatusOf(new BrowserVmError("CANCELLED", "stop"))).toBe(130);
});
