import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Config, isBrowserVmError, paths, resolveConfig } from "@browservm/contract";
import { identify } from "@browservm/host/identity";
import { afterEach, beforeEach, expect, test } from "vitest";
import { endLeftovers } from "./leftovers.ts";
import { claimMachine, readUpRecord, removeUpRecord, runningUp } from "./up-record.ts";

const DEAD = { pid: 4_194_304, startTicks: "1", bootId: "gone" };

let directory: string;
let config: Config;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "bvm-up-"));
  config = resolveConfig({ env: { BROWSERVM_RUN_DIR: join(directory, "run") } }).config;
  mkdirSync(config.runDir);
});
afterEach(() => rmSync(directory, { recursive: true }));

const leave = (record: unknown) => writeFileSync(paths(config).upPid, JSON.stringify(record));
const startedAt = new Date().toISOString();

test("a second `up` is refused while the first lives", async () => {
  await claimMachine(config);
  expect(await runningUp(config)).toMatchObject({ up: { pid: process.pid } });
  const refusal = await claimMachine(config).catch((error: unknown) => error);
  expect(isBrowserVmError(refusal, "ALREADY_RUNNING")).toBe(true);
  removeUpRecord(config);
  expect(await runningUp(config)).toBeUndefined();
});

test("what a killed `up` left is known to the next one, and to the one after it, until it is ended", async () => {
  leave({ up: DEAD, startedAt, services: { hostd: DEAD }, leftovers: [{ ...DEAD, pid: 7 }] });
  const record = await claimMachine(config);
  expect(readUpRecord(config)?.leftovers).toEqual([{ ...DEAD, pid: 7 }, DEAD]);
  await endLeftovers(config, record);
  expect(readUpRecord(config)?.leftovers).toEqual([]);
});

test("a process that only has the same pid is neither a running `up` nor ended", async () => {
  const us = identify(process.pid);
  leave({ up: { ...us, startTicks: "1" }, startedAt, services: { web: { ...us, startTicks: "2" } } });
  expect(await runningUp(config)).toBeUndefined();
  await endLeftovers(config, await claimMachine(config));
});

test("half a record of a machine that lost power counts as none", async () => {
  writeFileSync(paths(config).upPid, '{"up":{"pi');
  expect(readUpRecord(config)).toBeUndefined();
  await claimMachine(config);
});
