import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { readProcess } from "./process-facts.ts";
import { runningChild, takeOver } from "./running.ts";

async function sleeper() {
  const child = spawn("sleep", ["60"], { detached: true });
  await once(child, "spawn");
  return { child, running: runningChild(child) };
}

test("a child's end is told with its signal", async () => {
  const { running } = await sleeper();
  running.kill("SIGKILL");
  expect(await running.ended).toEqual({ code: null, signal: "SIGKILL" });
});

test("a process of another agent is taken over by pid and start, and its end is seen", async () => {
  const { child, running } = await sleeper();
  expect(running.name).toEqual({ pid: child.pid, startTicks: readProcess(child.pid ?? 0)?.startTicks });
  const taken = takeOver(running.name);
  taken?.kill("SIGTERM");
  expect(await taken?.ended).toEqual({ code: null, signal: null });
});

test("another process under the same pid is not taken over", async () => {
  const { running } = await sleeper();
  expect(takeOver({ ...running.name, startTicks: 1 })).toBeUndefined();
  running.kill("SIGKILL");
  await running.ended;
  expect(takeOver(running.name)).toBeUndefined();
});
