import { BrowserVmError } from "@browservm/contract";
import { expect, test } from "vitest";
import { describeError, printable } from "./output.ts";
import { table } from "./table.ts";

test("an error is told as title, what happened, details, and a way out", () => {
  const error = new BrowserVmError("COMMAND_FAILED", "`ip` failed", { exitCode: 2, stderr: "one\ntwo\n" });
  expect(describeError(error)).toBe(
    [
      "✗ a system command failed (COMMAND_FAILED)",
      "  `ip` failed",
      "  exitCode: 2",
      "  stderr:",
      "    one",
      "    two",
      "  → Read its last lines in `details.stderr`.",
    ].join("\n"),
  );
});

test("words of a guest cannot steer the terminal", () => {
  expect(printable("\u001b]0;title\u0007a\rb\u009b2Jc\td\n")).toBe("]0;titleab2Jc\td\n");
});

test("columns are as wide as their widest cell, and lines end where their words end", () => {
  expect(
    table(
      ["A", "B"],
      [
        ["long", ""],
        ["x", "y"],
      ],
    ),
  ).toBe("A     B\nlong\nx     y");
});
