import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { VmId } from "@browservm/contract";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EventLog, eventMigrations } from "../../events/event-log.ts";
import { openDatabase } from "../../store/database.ts";
import { sealAsFrozen } from "../../testing/seal-as-frozen.ts";
import { VmFile } from "../vm-file.ts";
import { VmStore, vmMigrations } from "../vm-store.ts";
import { Squeezer } from "./squeezer.ts";

const MIB = 1024 * 1024;
const log = pino({ enabled: false });

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "bvt-squeezer-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** A paused VM with 24 MiB that compress well. */
async function pausedVm(frozen = directory): Promise<VmFile> {
  await writeFile(join(frozen, "memory"), "page of a guest ".repeat((24 * MIB) / 16));
  await sealAsFrozen(frozen, 24);
  const db = openDatabase(":memory:", [...eventMigrations, ...vmMigrations]);
  const id = VmId.parse("vm_aaaaaaaaaaaaaaaaaaaa");
  const spec = {
    ...{ id, image: "tiny", vcpus: 1, memoryMib: 24, diskMib: 64, environment: {} },
    ...{ display: { width: 800, height: 600 }, keepFailed: false, start: "auto" as const },
  };
  const record = {
    ...{ id, spec, state: "paused" as const, imageId: "tiny-1", hasBrowser: false, driver: "fake" },
    ...{ accelerator: "tcg" as const, netns: "1", createdAt: new Date().toISOString(), steps: [] },
    paused: { at: new Date().toISOString(), sizeMib: 24, compressed: false },
  };
  return new VmFile(record, new VmStore(db), new EventLog(db));
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 8000;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error("it did not come about");
    await sleep(10);
  }
}

test("a paused VM is compressed, and what it takes then is written down", async () => {
  const file = await pausedVm();
  const squeezer = new Squeezer({ isOn: true, log, waitMs: 0 });
  squeezer.take(file, directory);
  squeezer.take(file, directory); // twice is nothing
  await until(() => file.record.paused?.compressed === true);
  expect(file.record.paused?.sizeMib).toBeLessThan(1);
  expect(await readdir(directory)).toEqual(expect.arrayContaining(["memory.zst"]));
});

test("one that is left in the middle is as it was, and can be taken again", async () => {
  const file = await pausedVm();
  const squeezer = new Squeezer({ isOn: true, log, waitMs: 0 });
  squeezer.take(file, directory);
  await until(() => existsSync(join(directory, "memory.zst.tmp")));
  await squeezer.leave(file.record.id);
  expect((await readdir(directory)).toSorted()).toEqual(["manifest.json", "memory"]);
  expect(file.record.paused?.compressed).toBe(false);
  squeezer.take(file, directory);
  await until(() => file.record.paused?.compressed === true);
});

test("nothing is compressed where that is switched off", async () => {
  const frozen = { left: join(directory, "left"), taken: join(directory, "taken") };
  for (const path of Object.values(frozen)) await mkdir(path);
  const [left, taken] = [await pausedVm(frozen.left), await pausedVm(frozen.taken)];
  new Squeezer({ isOn: false, log, waitMs: 0 }).take(left, frozen.left);
  // Had the first been taken as well, it would be compressed by now, or be so in part.
  new Squeezer({ isOn: true, log, waitMs: 0 }).take(taken, frozen.taken);
  await until(() => taken.record.paused?.compressed === true);
  expect((await readdir(frozen.left)).toSorted()).toEqual(["manifest.json", "memory"]);
  expect(left.record.paused?.compressed).toBe(false);
});
