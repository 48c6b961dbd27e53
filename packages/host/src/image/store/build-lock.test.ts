import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentProgress } from "@browservm/contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BuildLock } from "./build-lock.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lock-"));
});
afterEach(() => rm(directory, { recursive: true }));

test("a second builder waits, says so, and goes on when the first has ended", async () => {
  const path = join(directory, "lock");
  const notes: string[] = [];
  const first = await BuildLock.take(silentProgress(), path);
  const waiting = BuildLock.take({ ...silentProgress(), note: (line) => notes.push(line) }, path);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(notes).toEqual(["another build is going on; waiting for it"]);
  first[Symbol.dispose]();
  using second = await waiting;
  expect(second).toBeInstanceOf(BuildLock);
});

test("who waits can be told to stop, and does not take the lock then", async () => {
  const path = join(directory, "lock");
  {
    using _first = await BuildLock.take(silentProgress(), path);
    const stop = AbortSignal.timeout(50);
    await expect(BuildLock.take(silentProgress(stop), path)).rejects.toMatchObject({ code: "CANCELLED" });
  }
  using _free = await BuildLock.take(silentProgress(), path);
});
