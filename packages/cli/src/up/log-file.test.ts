import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LogFile } from "./log-file.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "browservm-log-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("only whole lines that are new are read, across a split in the middle of a line", () => {
  const path = join(directory, "a.log");
  appendFileSync(path, "old\n");
  using log = new LogFile(path);
  expect(log.readNew()).toEqual([]);
  writeSync(log.fd, "one\ntw");
  expect(log.readNew()).toEqual(["one"]);
  writeSync(log.fd, "o\n");
  expect(log.readNew()).toEqual(["two"]);
});

test("a log that has grown too large is moved aside, and later lines are still read", () => {
  const path = join(directory, "a.log");
  using log = new LogFile(path, 20);
  writeSync(log.fd, "0123456789\n0123456789\n");
  expect(log.readNew()).toHaveLength(2);
  expect(statSync(path).size).toBe(0);
  expect(readFileSync(`${path}.1`, "utf8")).toHaveLength(22);
  writeSync(log.fd, "after\n");
  expect(log.readNew()).toEqual(["after"]);
});

test("an endless line does not grow in memory", () => {
  using log = new LogFile(join(directory, "a.log"), 10_000_000);
  writeSync(log.fd, "x".repeat(200_000));
  log.readNew();
  writeSync(log.fd, "\n");
  expect(log.readNew()[0]?.length).toBeLessThanOrEqual(16_384);
});
