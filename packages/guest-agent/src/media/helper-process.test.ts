import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { HelperProcess } from "./helper-process.ts";

/** Listens, says so, ends with its input, and dies when it is told to. */
const HELPER = `
  const server = require("node:net").createServer((socket) =>
    socket.on("data", (bytes) => (String(bytes) === "die" ? process.exit(3) : socket.write(bytes))));
  require("node:fs").rmSync(process.argv[1], { force: true });
  server.listen(process.argv[1], () => process.stdout.write("listening\\n"));
  process.stdin.on("end", () => process.exit(0)).resume();`;

let directory: string;
let socket: string;
let children: ChildProcess[];
let warnings: string[];
let helper: HelperProcess;
let program: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "helper-"));
  socket = join(directory, "media.sock");
  children = [];
  warnings = [];
  program = HELPER;
  helper = new HelperProcess({
    socket,
    idleMs: 150,
    warn: (message) => warnings.push(message),
    spawn: () => {
      if (program === "") throw new Error("spawn ENOMEM");
      const child = spawn(process.execPath, ["-e", program, socket], { stdio: ["pipe", "pipe", "inherit"] });
      children.push(child);
      return child;
    },
  });
});
afterEach(async () => {
  await helper.close();
  await rm(directory, { recursive: true });
});

const isOver = (child: ChildProcess | undefined) => child?.exitCode !== null || child.signalCode !== null;
const answer = (stream: Socket) =>
  new Promise<string>((resolve) => stream.once("data", (bytes) => resolve(String(bytes))));

test("it is started by the first stream, serves the next, and ends some time after the last", async () => {
  expect(children).toHaveLength(0);
  const [first, second] = await Promise.all([helper.open(), helper.open()]);
  expect(children).toHaveLength(1);
  second.write("hello");
  expect(await answer(second)).toBe("hello");
  first.destroy();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(isOver(children[0])).toBe(false);
  second.destroy();
  await expect.poll(() => isOver(children[0])).toBe(true);
  expect(warnings).toEqual([]);
});

test("a stream that comes before it is idle for long keeps it", async () => {
  (await helper.open()).destroy();
  await new Promise((resolve) => setTimeout(resolve, 60));
  const next = await helper.open();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(children).toHaveLength(1);
  next.destroy();
});

test("one that dies ends its streams, and is started by the next after a pause", async () => {
  const stream = await helper.open();
  stream.write("die");
  await new Promise((resolve) => stream.once("close", resolve));
  await expect.poll(() => warnings).toEqual(["the media helper ended: 3"]);
  const begun = performance.now();
  const next = await helper.open();
  expect(performance.now() - begun).toBeGreaterThan(900);
  expect(children).toHaveLength(2);
  next.destroy();
});

test("one that does not start is told, and tried anew by the next stream", async () => {
  program = "process.exit(4)";
  await expect(helper.open()).rejects.toThrow("ended at once: 4");
  program = HELPER;
  const stream = await helper.open();
  stream.write("hello");
  expect(await answer(stream)).toBe("hello");
  stream.destroy();
});

test("one that cannot even be spawned is tried anew by the next stream", async () => {
  program = "";
  await expect(helper.open()).rejects.toThrow("ENOMEM");
  program = HELPER;
  (await helper.open()).destroy();
  expect(warnings).toEqual(["no media stream: spawn ENOMEM"]);
});

test("a stream that comes while it is being ended has one of its own", async () => {
  (await helper.open()).destroy();
  const ending = helper.close();
  const next = await helper.open();
  await ending;
  expect([children.length, isOver(children[0]), isOver(children[1])]).toEqual([2, true, false]);
  next.write("hello");
  expect(await answer(next)).toBe("hello");
  expect(warnings).toEqual([]);
  next.destroy();
});

test("it is gone when close settles, and ends by itself with its input", async () => {
  await helper.open();
  await helper.close();
  expect(isOver(children[0])).toBe(true);
  (await helper.open()).on("error", () => {}); // ended with the helper
  children[1]?.stdin?.end();
  await expect.poll(() => isOver(children[1])).toBe(true);
});
