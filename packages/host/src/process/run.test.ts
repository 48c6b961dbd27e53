import { expect, test } from "vitest";
import { findProcesses } from "./find-processes.ts";
import { identify, isAlive } from "./identity.ts";
import { run } from "./run.ts";
import { UndoStack } from "./undo-stack.ts";

test("a missing program is TOOL_MISSING", async () => {
  await expect(run("/nonexistent/nft", [])).rejects.toMatchObject({
    code: "TOOL_MISSING",
    details: { tool: "nft", package: "nftables" },
  });
});

test("an exit status is COMMAND_FAILED with the tail of stderr", async () => {
  await expect(run("sh", ["-c", "echo why >&2; exit 3"])).rejects.toMatchObject({
    code: "COMMAND_FAILED",
    details: { exitCode: 3, stderr: "why\n" },
  });
});

test("a command past its deadline is ended", async () => {
  await expect(run("sleep", ["5"], { timeoutMs: 50 })).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
});

test("a cancelled command says so", async () => {
  await expect(run("sleep", ["5"], { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
    code: "CANCELLED",
  });
});

test("lines of both outputs are told while it runs", async () => {
  const lines: string[] = [];
  await run("sh", ["-c", "echo a; echo b >&2"], { onLine: (line) => lines.push(line) });
  expect(lines.sort()).toEqual(["a", "b"]);
});

test("the child gets no environment but PATH and the C locale", async () => {
  const { stdout } = await run("env", []);
  expect(
    stdout
      .split("\n")
      .map((line) => line.split("=")[0])
      .filter(Boolean)
      .sort(),
  ).toEqual(["LANG", "LC_ALL", "PATH"]);
});

test("a re-used pid is not the same process", () => {
  const me = identify(process.pid);
  expect(me && isAlive(me)).toBe(true);
  expect(me && isAlive({ ...me, startTicks: "1" })).toBe(false);
  expect(identify(2 ** 22 + 1)).toBeUndefined();
});

test("processes are found by a path in their arguments", async () => {
  const path = `/run/bvm-test-${process.pid}`;
  const running = run("sh", ["-c", "sleep 1; :", `${path}/ctl.sock`]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect((await findProcesses(path)).length).toBeGreaterThan(0);
  await running;
  expect(await findProcesses(path)).toEqual([]);
});

test("an undo stack undoes backwards, unless kept", async () => {
  const order: number[] = [];
  {
    await using undo = new UndoStack();
    undo.defer(() => order.push(1));
    undo.defer(() => order.push(2));
  }
  {
    await using undo = new UndoStack();
    undo.defer(() => order.push(3));
    undo.keep();
  }
  expect(order).toEqual([2, 1]);
});
