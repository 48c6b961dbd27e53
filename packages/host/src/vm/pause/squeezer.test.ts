import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { VmId } from "@browservm/contract";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EventLog, eventMigrations } from "../../events/event-log.ts";
import { openDatabase } from "../../store/database.ts";
import { sealFiles } from "../frozen/frozen-files.ts";
import { writeManifest } from "../frozen/frozen-manifest.ts";
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
async function pausedVm(): Promise<VmFile> {
  await writeFile(join(directory, "memory"), "page of a guest ".repeat((24 * MIB) / 16));
  await writeManifest(directory, {
    version: 1,
    driver: "fake",
    accelerator: "tcg",
    vmm: "fake",
    cpu: "none",
    imageId: "tiny-1",
    vcpus: 1,
    memoryMib: 24,
    netns: "1",
    at: new Date().toISOString(),
    overlay: { size: 1, modified: "1" },
    files: await sealFiles(directory),
  });
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
  await sleep(30);
  await squeezer.leave(file.record.id);
  expect((await readdir(directory)).toSorted()).toEqual(["manifest.json", "memory"]);
  expect(file.record.paused?.compressed).toBe(false);
  squeezer.take(file, directory);
  await until(() => file.record.paused?.compressed === true);
});

test("nothing is compressed where that is switched off", async () => {
  const file = await pausedVm();
  const squeezer = new Squeezer({ isOn: false, log, waitMs: 0 });
  squeezer.take(file, directory);
  await squeezer.leave(file.record.id);
  expect((await readdir(directory)).toSorted()).toEqual(["manifest.json", "memory"]);
});
