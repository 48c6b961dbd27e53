import { appendFile, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cutLog, prepareLog } from "./bounded-log.ts";
import { follow } from "./follow.ts";
import { previousOf } from "./previous.ts";
import { tail } from "./tail.ts";

const MIB = 1024 * 1024;
let directory: string;
let bounds: { path: string; origin: number; limitBytes: number };

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "bvm-logs-"));
  bounds = { path: join(directory, "console.log"), origin: 4096 * MIB, limitBytes: 64 * 1024 };
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index} ${"x".repeat(50)}\n`).join("");

describe("a bounded log", () => {
  test("takes no space for its hole, and its tail is only what was written", async () => {
    await prepareLog(bounds);
    expect(await tail(bounds.path, 10)).toEqual([]);
    await appendFile(bounds.path, "hello\nworld\n");
    const { size, blocks } = await stat(bounds.path);
    expect(size).toBe(bounds.origin + 12);
    expect(blocks * 512).toBeLessThan(64 * 1024);
    expect(await tail(bounds.path, 10)).toEqual(["hello", "world"]);
  });

  test("is left alone while it is small, and keeps its newest lines when it is cut", async () => {
    await prepareLog(bounds);
    await appendFile(bounds.path, numbered(0, 100));
    expect(await cutLog(bounds)).toBe(false);
    await appendFile(bounds.path, numbered(100, 900));
    expect(await cutLog(bounds)).toBe(true);
    expect((await stat(bounds.path)).size).toBe(bounds.origin);
    expect((await stat(previousOf(bounds.path))).size).toBeLessThanOrEqual(bounds.limitBytes / 4);
    await appendFile(bounds.path, numbered(900, 902));
    const lines = await tail(bounds.path, 5);
    expect(lines.map((line) => line.split(" ")[1])).toEqual(["897", "898", "899", "900", "901"]);
  });

  test("of an earlier VMM is emptied", async () => {
    await writeFile(bounds.path, "old\n");
    await prepareLog(bounds);
    expect(await tail(bounds.path, 10)).toEqual([]);
  });
});

describe("a tail", () => {
  test("of a file that does not exist is empty", async () => {
    expect(await tail(join(directory, "none"), 5)).toEqual([]);
  });

  test("holds no escape sequences, no control characters, and of a progress bar only its last state", async () => {
    await writeFile(
      bounds.path,
      "\u001b[31mred\u001b[0m\r\n10%\r50%\r100%\r\n\u001b]0;title\u0007a\u0000b\u0008\n",
    );
    expect(await tail(bounds.path, 10)).toEqual(["red", "100%", "ab"]);
  });

  test("of one endless line is bounded", async () => {
    await writeFile(bounds.path, "y".repeat(6 * MIB));
    const lines = await tail(bounds.path, 3);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.length).toBeLessThanOrEqual(4096);
  });

  test("of more lines than asked for is the newest of them", async () => {
    await writeFile(bounds.path, numbered(0, 5000));
    expect((await tail(bounds.path, 2)).map((line) => line.split(" ")[1])).toEqual(["4998", "4999"]);
  });
});

describe("following a log", () => {
  test("yields only new lines, goes on after a cut, and ends with its reader", async () => {
    await prepareLog(bounds);
    await appendFile(bounds.path, "before\n");
    const reader = new AbortController();
    const seen: string[] = [];
    const ended = (async () => {
      for await (const line of follow(bounds.path, reader.signal)) seen.push(line.split(" ")[1] ?? line);
    })();
    await expect.poll(() => seen, { timeout: 100 }).toEqual([]);
    await appendFile(bounds.path, numbered(1, 3));
    await expect.poll(() => seen, { timeout: 3000 }).toEqual(["1", "2"]);
    await appendFile(bounds.path, numbered(3, 900));
    await expect.poll(() => seen.length, { timeout: 3000 }).toBe(899);
    await cutLog(bounds);
    await appendFile(bounds.path, numbered(900, 902));
    await expect.poll(() => seen.slice(-2), { timeout: 3000 }).toEqual(["900", "901"]);
    reader.abort();
    await ended;
  });
});
