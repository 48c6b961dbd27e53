import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { browserChildren } from "../browser/browser-children.ts";
import { descendantsOf, parseStat, readProcess } from "./process-facts.ts";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "proc-"));
});
afterEach(() => rm(root, { recursive: true }));

const stat = (pid: number, parent: number, name = "x", state = "S") =>
  `${pid} (${name}) ${state} ${parent} 1 1 0 -1 0 0 0 0 0 1 2 0 0 20 0 1 0 4711 0 0`;

async function has(pid: number, parent: number, commandLine = ""): Promise<void> {
  await mkdir(join(root, String(pid)));
  await writeFile(join(root, String(pid), "stat"), stat(pid, parent));
  await writeFile(join(root, String(pid), "cmdline"), commandLine);
}

test("a process is read whatever its name holds", () => {
  expect(parseStat(stat(7, 3, "a) Z 9 (b", "R"))).toEqual({
    pid: 7,
    parent: 3,
    state: "R",
    startTicks: 4711,
  });
  expect(parseStat("nonsense")).toBeUndefined();
  expect(readProcess(7, root)).toBeUndefined();
});

test("children of children are told, others not", async () => {
  await has(10, 1);
  await has(11, 10);
  await has(12, 11);
  await has(20, 1);
  await writeFile(join(root, "uptime"), "1 1");
  expect(descendantsOf(10, root).map(({ pid }) => pid)).toEqual([11, 12]);
});

test("a browser's processes are told by the kind that they say, with NULs or spaces between the words", async () => {
  await has(10, 1, "chromium\0--remote-debugging-pipe\0");
  await has(11, 10, "chromium\0--type=zygote\0");
  await has(12, 11, "chromium --type=renderer --lang=en ");
  await has(13, 10, "crashpad\0");
  expect(browserChildren(10, root)).toEqual([
    { pid: 11, startTicks: 4711, kind: "zygote" },
    { pid: 13, startTicks: 4711, kind: "other" },
    { pid: 12, startTicks: 4711, kind: "renderer" },
  ]);
});
