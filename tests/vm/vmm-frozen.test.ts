import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, constants, openSync, readdirSync, readFileSync, readlinkSync, writeSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { silentProgress } from "@browservm/contract";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { tail } from "../../packages/host/src/logs/tail.ts";
import { isAlive } from "../../packages/host/src/process/identity.ts";
import {
  canFreeze,
  type Freezer,
  type FrozenVm,
  type VmMonitor,
  type VmmSpec,
} from "../../packages/host/src/vmm/vmm.ts";
import { countedOn } from "./tiny-init.ts";
import { launchOrphan, testKernel, VmmBench, type VmmUnderTest, vmmUnderTest } from "./vmm-fixtures.ts";

const GUEST_MS = 60_000;

let kernel: string;
let programs: string;
let benches: VmmBench[] = [];
let mounts: string[] = [];
beforeAll(async () => {
  kernel = await testKernel();
  programs = await mkdtemp(join(tmpdir(), "bvm-programs-"));
});
afterEach(async () => {
  for (const mount of mounts.splice(0)) execFileSync("umount", ["--lazy", mount]);
  for (const bench of benches.splice(0)) await bench[Symbol.asyncDispose]();
});
afterAll(async () => {
  // Those of a hook that failed.
  for (const bench of benches.splice(0)) await bench[Symbol.asyncDispose]();
  await rm(programs, { recursive: true });
});

/** What a guest that counts has said so far, from the first of the numbers that this VM's console saw. */
const counted = async ({ spec }: VmmBench): Promise<number[]> =>
  countedOn((await tail(spec.logs.console, 2000)).join("\n"));
const lastOf = async (bench: VmmBench): Promise<number> => (await counted(bench)).at(-1) ?? 0;
/** Waits until it has said more numbers than these. */
const counts = (bench: VmmBench, howMany: number) =>
  vi.waitUntil(async () => (await counted(bench)).length > howMany, { timeout: GUEST_MS, interval: 50 });

async function hashesOf(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory)).toSorted();
  const hash = (name: string) =>
    createHash("sha256")
      .update(readFileSync(join(directory, name)))
      .digest("hex");
  return Object.fromEntries(names.map((name) => [name, hash(name)]));
}

describe.each(["qemu", "fake", "firecracker"] as const)("a VM frozen by the driver %s", (name) => {
  let vmmOf: VmmUnderTest;
  let driver: VmmUnderTest["driver"];
  /** Booted once for all tests, none of which changes it for good. */
  let golden: Bench;
  const accelerator = name === "firecracker" ? "kvm" : "tcg";
  beforeAll(async () => {
    vmmOf = await vmmUnderTest(name, programs);
    driver = vmmOf.driver;
    golden = await frozenVm((directory) => ({ freezeInto: directory }));
    benches = benches.filter((bench) => bench !== golden);
    return () => golden[Symbol.asyncDispose]();
  });

  /** A bench whose guest counts, and a directory in it to freeze into. */
  async function makeBench(fake = ""): Promise<VmmBench & { readonly frozen: string }> {
    const words = `fake.console=count ${fake}`;
    const bench = await VmmBench.make(kernel, "count", { fake: words, accelerator });
    benches = [...benches, bench];
    const frozen = join(bench.directory, "frozen");
    await mkdir(frozen, { mode: 0o700 });
    return Object.assign(bench, { frozen });
  }
  type Bench = Awaited<ReturnType<typeof makeBench>>;

  async function launch(spec: VmmSpec): Promise<VmMonitor & Freezer> {
    const vmm = await driver.launch(silentProgress(), spec);
    if (!canFreeze(vmm)) throw new Error(`${name} can freeze`);
    return vmm;
  }
  /** Its disk is a copy of that of the frozen VM, as memory remembers it. */
  async function restored(origin: Bench, use: FrozenVm["use"]): Promise<Bench> {
    const bench = await makeBench();
    await copyFile(origin.spec.disks[0]?.path ?? "", bench.spec.disks[0]?.path ?? "");
    const spec = { ...bench.spec, restore: { directory: origin.frozen, use } };
    return Object.assign(bench, { spec });
  }
  const refusal = (spec: VmmSpec) =>
    launch(spec).then(
      (vmm) => vmm.kill().then(() => expect.unreachable("it was launched")),
      (error: unknown) => error,
    );
  /** Counted some numbers, was frozen, and its process is gone. */
  async function frozenVm(change: (directory: string) => Partial<VmmSpec> = () => ({})): Promise<Bench> {
    const bench = await makeBench();
    const vmm = await launch({ ...bench.spec, ...change(bench.frozen) });
    await counts(bench, 3);
    await vmm.freeze(silentProgress(), bench.frozen);
    await vmm.kill();
    expect(await bench.leftovers()).toEqual([]);
    return bench;
  }

  /** After a freeze that failed: it stands still until it is thawed, and nothing starts from what was written. */
  async function leavesNothingOfUseAndThaws(vmm: VmMonitor & Freezer, bench: Bench): Promise<void> {
    expect(await vmm.status()).not.toBe("running");
    const before = (await counted(bench)).length;
    await vmm.thaw();
    await counts(bench, before);
    await vmm.kill();
    const other = await makeBench();
    const restore = { directory: bench.frozen, use: "own" as const };
    expect(await refusal({ ...other.spec, restore })).toMatchObject({ code: "SNAPSHOT_DAMAGED" });
  }

  test("does not run, goes on when it is thawed, and can be frozen again", async () => {
    const bench = await makeBench();
    const vmm = await launch(bench.spec);
    await counts(bench, 3);
    await vmm.freeze(silentProgress(), bench.frozen);
    const before = (await counted(bench)).length;
    await sleep(500);
    expect((await counted(bench)).length).toBe(before);
    await vmm.thaw();
    expect(await vmm.status()).toBe("running");
    await counts(bench, before);
    await vmm.thaw();
    for (const file of await readdir(bench.frozen)) await rm(join(bench.frozen, file));
    await vmm.freeze(silentProgress(), bench.frozen);
    expect(await vmm.status()).not.toBe("running");
    await vmm.kill();
    expect(await bench.leftovers()).toEqual([]);
  });

  test("goes on in another process with the number after its last, and is frozen there, too", async () => {
    const origin = await frozenVm();
    const last = await lastOf(origin);
    const second = await restored(origin, "own");
    const vmm = await launch(second.spec);
    expect(await vmm.status()).toBe("running");
    await counts(second, 3);
    expect((await counted(second))[0]).toBe(last + 1);
    await vmm.freeze(silentProgress(), second.frozen);
    await vmm.kill();
    const third = await restored(second, "own");
    const again = await launch(third.spec);
    await counts(third, 1);
    expect((await counted(third))[0]).toBe((await lastOf(second)) + 1);
    await again.kill();
    expect([await second.leftovers(), await third.leftovers()]).toEqual([[], []]);
  });

  test("goes on in two VMs at one time, and stays byte for byte what it was", async () => {
    const before = await hashesOf(golden.frozen);
    const last = await lastOf(golden);
    await driver.warm?.(silentProgress(), golden.frozen);
    const clones = [await restored(golden, "shared"), await restored(golden, "shared")];
    const vmms = await Promise.all(clones.map(({ spec }) => launch(spec)));
    for (const clone of clones) {
      await counts(clone, 5);
      expect((await counted(clone))[0]).toBe(last + 1);
    }
    expect(await hashesOf(golden.frozen)).toEqual(before);
    for (const vmm of vmms) await vmm.kill();
    for (const clone of clones) expect(await clone.leftovers()).toEqual([]);
  });

  test("goes on in a clone whose snapshot is let go of, and which is frozen itself then", async () => {
    const clone = await restored(golden, "shared");
    const vmm = await launch(clone.spec);
    driver.forget?.(golden.frozen);
    await counts(clone, 3);
    await vmm.freeze(silentProgress(), clone.frozen);
    await vmm.kill();
    const resumed = await restored(clone, "own");
    const again = await launch(resumed.spec);
    await counts(resumed, 1);
    expect((await counted(resumed))[0]).toBe((await lastOf(clone)) + 1);
    await again.kill();
  });

  test("is refused when a file of it is cut or missing, or its machine is another one", async () => {
    const bench = await restored(golden, "shared");
    const twice = { ...bench.spec, memoryMib: bench.spec.memoryMib * 2 };
    expect(await refusal(twice)).toMatchObject({ code: "SNAPSHOT_MISMATCH" });
    for (const file of readdirSync(golden.frozen)) {
      const path = join(golden.frozen, file);
      const whole = join(golden.directory, "whole");
      await rename(path, whole);
      expect(await refusal(bench.spec)).toMatchObject({ code: "SNAPSHOT_DAMAGED" });
      await copyFile(whole, path);
      await truncate(path, Math.floor((await stat(path)).size / 2));
      expect(await refusal(bench.spec)).toMatchObject({ code: "SNAPSHOT_DAMAGED" });
      await rename(whole, path);
    }
    expect(await bench.leftovers()).toEqual([]);
    const vmm = await launch(bench.spec);
    await counts(bench, 1);
    await vmm.kill();
  });

  test("stands still when its caller gives up in the middle, leaves nothing of use, and can be thawed", async () => {
    const bench = await makeBench();
    const vmm = await launch(bench.spec);
    await counts(bench, 3);
    await expect(vmm.freeze(silentProgress(AbortSignal.abort()), bench.frozen)).rejects.toThrow();
    await leavesNothingOfUseAndThaws(vmm, bench);
  });

  test("is adopted after its restore when its hostd was killed, and frozen then", async () => {
    const bench = await restored(golden, "shared");
    const record = await launchOrphan(vmmOf, bench);
    expect(isAlive(record.identity)).toBe(true);
    const vmm = await driver.adopt(record);
    expect(await vmm?.status()).toBe("running");
    await counts(bench, 3);
    if (!vmm || !canFreeze(vmm)) throw new Error(`${name} can freeze what it adopted`);
    await vmm.freeze(silentProgress(), bench.frozen);
    await vmm.kill();
    const resumed = await restored(bench, "own");
    const again = await launch(resumed.spec);
    await counts(resumed, 1);
    expect((await counted(resumed))[0]).toBe((await lastOf(bench)) + 1);
    await again.kill();
    expect(await bench.leftovers()).toEqual([]);
  });

  // Firecracker's jail and its files are on one file system; its own tests fill that.
  if (name !== "firecracker")
    test("stands still where the disk is full, leaves nothing of use there, and lives on when it is thawed", async () => {
      const bench = await makeBench("fake.freeze=disk-full");
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", bench.frozen]);
      mounts = [...mounts, bench.frozen];
      const vmm = await launch(bench.spec);
      await counts(bench, 3);
      await expect(vmm.freeze(silentProgress(), bench.frozen)).rejects.toMatchObject({ code: "DISK_FULL" });
      await leavesNothingOfUseAndThaws(vmm, bench);
    });

  test("depends on a VMM and a processor that have names, the same each time", async () => {
    const by = await driver.frozenBy(accelerator);
    expect(by).toEqual({ vmm: expect.stringMatching(/\S/), cpu: expect.stringMatching(/\S/) });
    expect(await driver.frozenBy(accelerator)).toEqual(by);
  });

  if (name === "qemu")
    test("lies in no clone's hands in a way that it could be written", async () => {
      const bench = await restored(golden, "shared");
      const vmm = await launch(bench.spec);
      const { pid } = vmm.record.identity;
      const maps = readFileSync(`/proc/${pid}/maps`, "utf8").split("\n");
      const memory = maps.filter((line) => line.includes("browservm-golden") || line.includes(golden.frozen));
      expect(memory.length).toBeGreaterThan(0);
      expect(memory.filter((line) => !/ r[w-]-p /.test(line))).toEqual([]);
      const descriptors = readdirSync(`/proc/${pid}/fd`).filter((fd) =>
        /browservm-golden|\/frozen\//.test(readlinkSync(`/proc/${pid}/fd/${fd}`)),
      );
      expect(descriptors).not.toEqual([]);
      for (const fd of descriptors) expect(writeThrough(pid, fd)).toMatch(/EPERM|read-only/);
      await vmm.kill();
    });
});

/** What became of a try to write a VMM's file through the very descriptor that it has. */
function writeThrough(pid: number, fd: string): string {
  const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8"))?.[1] ?? "";
  // open(2), and the kernel hands out no descriptor with more rights than that.
  if ((Number.parseInt(flags, 8) & 0o3) === constants.O_RDONLY) return "read-only";
  const again = openSync(`/proc/${pid}/fd/${fd}`, "r+");
  try {
    return `${writeSync(again, "x", 0)} byte written`;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  } finally {
    closeSync(again);
  }
}
