import { expect, test } from "vitest";
import { CliContext } from "./context.ts";
import { makeProgram } from "./program.ts";

test("every command of the issue is there, with a summary", () => {
  const program = makeProgram(new CliContext({}, new AbortController().signal));
  const names = program.commands.map((command) => command.name());
  const wanted =
    "up down run ls live show open pause resume fork stop rm exec ssh logs screenshot image pool snapshot doctor config test bench key soak share cp files connection signin vault audit".split(
      " ",
    );
  expect(names).toEqual(expect.arrayContaining(wanted));
  expect(program.commands.filter((command) => command.summary() === "")).toEqual([]);
});
