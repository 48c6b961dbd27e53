import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { silentProgress } from "@browservm/contract";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
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
afterAll(() => rm(programs, { recursive: true }));
afterEach(async () => {
  for (const mount of mounts.splice(0)) execFileSync("umount", ["--lazy", mount]);
  for (const bench of benches.splice(0)) await bench[Symbol.asyncDispose]();
});

/** What a guest that counts has said so far, from the first of the numbers that this VM's console saw. */
const counted = ({ spec }: VmmBench): number[] => countedOn(readFileSync(spec.logs.console, "latin1"));
/** Waits until it has said as many numbers as these. */
const counts = (bench: VmmBench, howMany: number) =>
  expect.poll(() => counted(bench).length, { timeout: GUEST_MS, interval: 50 }).toBeGreaterThan(howMany);

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
  beforeAll(async () => {
    vmmOf = await vmmUnderTest(name, programs);
    driver = vmmOf.driver;
  });

  /** A bench whose guest counts, and a directory in it to freeze into. */
  async function makeBench(fake = ""): Promise<VmmBench & { readonly frozen: string }> {
    const accelerator = name === "firecracker" ? "kvm" : "tcg";
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
  /** Counted some numbers, was frozen, and its process is gone. `golden`: its memory lies in a file, to be shared. */
  async function frozenVm({ golden = false } = {}): Promise<Bench> {
    const bench = await makeBench();
    const spec = golden ? { ...bench.spec, freezeInto: bench.frozen } : bench.spec;
    const vmm = await launch(spec);
    await counts(bench, 3);
    await vmm.freeze(silentProgress(), bench.frozen);
    await vmm.kill();
    expect(await bench.leftovers()).toEqual([]);
    return bench;
  }

  test("does not run, goes on when it is thawed, and can be frozen again", async () => {
    const bench = await makeBench();
    const vmm = await launch(bench.spec);
    await counts(bench, 3);
    await vmm.freeze(silentProgress(), bench.frozen);
    const before = counted(bench).length;
    await sleep(500);
    expect(counted(bench).length).toBe(before);
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
    const last = counted(origin).at(-1) ?? 0;
    const second = await restored(origin, "own");
    const vmm = await launch(second.spec);
    expect(await vmm.status()).toBe("running");
    await counts(second, 3);
    expect(counted(second)[0]).toBe(last + 1);
    await vmm.freeze(silentProgress(), second.frozen);
    await vmm.kill();
    const third = await restored(second, "own");
    const again = await launch(third.spec);
    await counts(third, 1);
    expect(counted(third)[0]).toBe((counted(second).at(-1) ?? 0) + 1);
    await again.kill();
    expect([await second.leftovers(), await third.leftovers()]).toEqual([[], []]);
  });

  test("goes on in two VMs at one time, and stays byte for byte what it was", async () => {
    const origin = await frozenVm({ golden: true });
    const before = await hashesOf(origin.frozen);
    const last = counted(origin).at(-1) ?? 0;
    await driver.warm?.(silentProgress(), origin.frozen);
    const clones = [await restored(origin, "shared"), await restored(origin, "shared")];
    const vmms = await Promise.all(clones.map(({ spec }) => launch(spec)));
    for (const clone of clones) {
      await counts(clone, 5);
      expect(counted(clone)[0]).toBe(last + 1);
    }
    expect(await hashesOf(origin.frozen)).toEqual(before);
    for (const vmm of vmms) await vmm.kill();
    driver.forget?.(origin.frozen);
    for (const clone of clones) expect(await clone.leftovers()).toEqual([]);
  });

  test("a clone can be paused and goes on from its own state", async () => {
    const origin = await frozenVm({ golden: true });
    const clone = await restored(origin, "shared");
    const vmm = await launch(clone.spec);
    await counts(clone, 3);
    await vmm.freeze(silentProgress(), clone.frozen);
    await vmm.kill();
    driver.forget?.(origin.frozen);
    await rm(origin.frozen, { recursive: true });
    const resumed = await restored(clone, "own");
    const again = await launch(resumed.spec);
    await counts(resumed, 1);
    expect(counted(resumed)[0]).toBe((counted(clone).at(-1) ?? 0) + 1);
    await again.kill();
  });

  test("is refused when a file of it is cut or missing, or its machine is another one", async () => {
    const origin = await frozenVm({ golden: true });
    const bench = await restored(origin, "shared");
    expect(await refusal({ ...bench.spec, memoryMib: bench.spec.memoryMib * 2 })).toMatchObject({
      code: "SNAPSHOT_MISMATCH",
    });
    for (const file of readdirSync(origin.frozen)) {
      const path = join(origin.frozen, file);
      const { size } = await stat(path);
      await copyFile(path, `${origin.directory}/whole`);
      await truncate(path, Math.floor(size / 2));
      expect(await refusal(bench.spec)).toMatchObject({ code: "SNAPSHOT_DAMAGED" });
      await rm(path);
      expect(await refusal(bench.spec)).toMatchObject({ code: "SNAPSHOT_DAMAGED" });
      await copyFile(`${origin.directory}/whole`, path);
    }
    expect(await bench.leftovers()).toEqual([]);
    const vmm = await launch(bench.spec);
    await counts(bench, 1);
    await vmm.kill();
  });

  test("stands still where the disk is full, leaves nothing of use there, and lives on when it is thawed", async () => {
    const bench = await makeBench("fake.freeze=disk-full");
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", bench.frozen]);
    mounts = [...mounts, bench.frozen];
    const vmm = await launch(bench.spec);
    await counts(bench, 3);
    await expect(vmm.freeze(silentProgress(), bench.frozen)).rejects.toMatchObject({ code: "DISK_FULL" });
    expect(await vmm.status()).not.toBe("running");
    const before = counted(bench).length;
    await vmm.thaw();
    await counts(bench, before);
    await vmm.kill();
    const other = await makeBench();
    const restore = { directory: bench.frozen, use: "own" as const };
    expect(await refusal({ ...other.spec, restore })).toMatchObject({ code: "SNAPSHOT_DAMAGED" });
  });

  test("is adopted after its restore when its hostd was killed, and frozen then", async () => {
    const origin = await frozenVm({ golden: true });
    const bench = await restored(origin, "shared");
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
    expect(counted(resumed)[0]).toBe((counted(bench).at(-1) ?? 0) + 1);
    await again.kill();
    expect(await bench.leftovers()).toEqual([]);
  });

  test("depends on a VMM and a processor that have names, the same each time", async () => {
    const by = await driver.frozenBy(name === "firecracker" ? "kvm" : "tcg");
    expect(by).toEqual({ vmm: expect.stringMatching(/\S/), cpu: expect.stringMatching(/\S/) });
    expect(await driver.frozenBy(name === "firecracker" ? "kvm" : "tcg")).toEqual(by);
  });
});
