import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import {
  chown,
  copyFile,
  link,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentProgress } from "@browservm/contract";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { connectGuest } from "../../packages/host/src/guest/connect-guest.ts";
import { openVmm, type VmmSettings } from "../../packages/host/src/vmm/drivers.ts";
import { takeOut } from "../../packages/host/src/vmm/firecracker/frozen-files.ts";
import { canFreeze, type Freezer, type VmMonitor, type VmmSpec } from "../../packages/host/src/vmm/vmm.ts";
import { askApi } from "../firecracker/ask-api.ts";
import { FIRECRACKERS } from "./firecracker-subjects.ts";
import { standInSettings, testKernel, VmmBench } from "./vmm-fixtures.ts";

const MIB = 1024 * 1024;
const FILES = ["memory", "state"];
const NO_RATE = { diskMibPerSecond: 0, networkMibPerSecond: 0 };

let kernel: string;
let programs: string;
let benches: VmmBench[] = [];
const mounts: string[] = [];
beforeAll(async () => {
  kernel = await testKernel();
  programs = await mkdtemp(join(tmpdir(), "bvm-programs-"));
});
afterAll(() => rm(programs, { recursive: true }));
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench[Symbol.asyncDispose]();
  for (const mount of mounts.splice(0)) {
    execFileSync("umount", [mount]);
    await rm(mount, { recursive: true });
  }
});

/** A VM's worth of files with a directory to freeze it into. */
async function makeBench(fake = ""): Promise<VmmBench & { readonly frozen: string }> {
  const bench = await VmmBench.make(kernel, "idle", { fake, accelerator: "kvm" });
  benches = [...benches, bench];
  const frozen = join(bench.directory, "frozen");
  await mkdir(frozen, { mode: 0o700 });
  return Object.assign(bench, { frozen });
}
type Bench = Awaited<ReturnType<typeof makeBench>>;

const jailOf = ({ spec }: VmmBench) => join(spec.runDir, "jail");
const ask = (bench: VmmBench, method: "GET" | "PUT" | "PATCH", path: string, body?: object) =>
  askApi(join(jailOf(bench), "api.sock"), { method, path, ...(body ? { body } : {}) });
const hashes = (directory: string) =>
  FILES.map((name) =>
    createHash("sha256")
      .update(readFileSync(join(directory, name)))
      .digest("hex"),
  );
const linkOf = (tap: string) => {
  const [link] = JSON.parse(execFileSync("ip", ["-j", "-d", "link", "show", tap], { encoding: "utf8" }));
  return link.linkinfo.info_data;
};

describe.each(FIRECRACKERS)("a VM frozen by $name", (subject) => {
  let settings: VmmSettings;
  beforeAll(async () => {
    settings = await subject.settings(programs);
  });
  const driverWith = (rates = NO_RATE) =>
    openVmm("firecracker", { ...settings, vmm: { ...settings.vmm, ...rates } }).driver;
  async function launch(spec: VmmSpec, driver = driverWith()): Promise<VmMonitor & Freezer> {
    const vmm = await driver.launch(silentProgress(), spec);
    if (!canFreeze(vmm)) throw new Error("Firecracker can freeze");
    return vmm;
  }
  const restored = (bench: VmmBench, directory: string, use: "own" | "shared" = "shared"): VmmSpec => ({
    ...bench.spec,
    restore: { directory, use },
  });
  const refusal = (spec: VmmSpec) =>
    launch(spec).then(
      (vmm) => vmm.kill().then(() => expect.unreachable("it was launched")),
      (error: unknown) => error,
    );
  const freeze = (vmm: Freezer, directory: string, signal?: AbortSignal) =>
    vmm.freeze(silentProgress(signal), directory);
  /** A VM that was frozen and whose VMM is gone. */
  async function golden(): Promise<Bench> {
    const bench = await makeBench();
    const vmm = await launch(bench.spec);
    await freeze(vmm, bench.frozen);
    await vmm.kill();
    return bench;
  }

  test("stands still, is two files of root that nobody can write, and goes on when it is thawed", async () => {
    const bench = await makeBench();
    const vmm = await launch(bench.spec);
    await freeze(vmm, bench.frozen);
    expect(await vmm.status()).toBe("paused");
    expect(readdirSync(bench.frozen).toSorted()).toEqual(FILES);
    for (const name of FILES)
      expect(statSync(join(bench.frozen, name))).toMatchObject({ uid: 0, mode: 0o100444, nlink: 1 });
    const memory = statSync(join(bench.frozen, "memory"));
    expect(memory.size).toBe(bench.spec.memoryMib * MIB);
    // A guest that has hardly begun: the rest are holes.
    expect(memory.blocks * 512).toBeLessThan(memory.size / 2);
    expect(readdirSync(jailOf(bench))).not.toEqual(expect.arrayContaining(["memory"]));
    await vmm.thaw();
    expect(await vmm.status()).toBe("running");
    await vmm.thaw();
    expect(await vmm.status()).toBe("running");
    await vmm.kill();
    expect(await bench.leftovers()).toEqual([]);
  });

  test("goes on in many VMs at one time, each behind its own TAP, none of which alters it", async () => {
    const origin = await golden();
    const before = hashes(origin.frozen);
    const clones = [await makeBench(), await makeBench()];
    const vmms = await Promise.all(clones.map((clone) => launch(restored(clone, origin.frozen))));
    for (const [index, vmm] of vmms.entries()) {
      expect(await vmm.status()).toBe("running");
      const tap = clones[index]?.spec.address.tap ?? "";
      expect(linkOf(tap)).toMatchObject({ type: "tap", vnet_hdr: true, multi_queue: false });
      const fdinfo = `/proc/${vmm.record.identity.pid}/fdinfo`;
      const held = readdirSync(fdinfo).map((fd) => readFileSync(join(fdinfo, fd), "utf8"));
      expect(held.filter((info) => info.includes("iff:")).join()).toContain(`iff:\t${tap}\n`);
    }
    const [first, second] = [clones[0] as Bench, clones[1] as Bench];
    await freeze(vmms[0] as Freezer, first.frozen);
    for (const vmm of vmms) await vmm.kill();
    expect(hashes(origin.frozen)).toEqual(before);
    // A clone's own state is as good as the first.
    const again = await launch(restored(second, first.frozen, "own"));
    expect(await again.status()).toBe("running");
    await again.kill();
    for (const bench of [origin, first, second]) expect(await bench.leftovers()).toEqual([]);
  });

  test("cannot be written by the user of a jail that it is linked into", async () => {
    const origin = await golden();
    const bench = await makeBench();
    const vmm = await launch(restored(bench, origin.frozen));
    const { pid } = vmm.record.identity;
    const isMemory = (fd: string) => /\/memory( \(deleted\))?$/.test(readlinkSync(`/proc/${pid}/fd/${fd}`));
    const memory = readdirSync(`/proc/${pid}/fd`).filter(isMemory);
    expect(memory).toHaveLength(1);
    // O_ACCMODE is the last octal digit but for its highest bit: read only.
    expect(readFileSync(`/proc/${pid}/fdinfo/${memory[0]}`, "utf8")).toMatch(/^flags:\s+\d*[04]$/m);
    const shared = readFileSync(`/proc/${pid}/maps`, "utf8").match(/^\S+ rw-s .*\/memory/m);
    expect(shared).toBeNull();
    const { uid } = bench.spec;
    const cell = join(bench.directory, "cell");
    await mkdir(cell);
    await chown(cell, uid, uid);
    await chown(bench.directory, uid, uid);
    await link(join(origin.frozen, "memory"), join(cell, "memory"));
    const before = hashes(origin.frozen);
    for (const deed of ["echo x >> memory", ": > memory", "chmod 666 memory", "truncate -s 1 memory"]) {
      const asUser = ["--reuid", String(uid), "--regid", String(uid), "--clear-groups", "sh", "-c", deed];
      expect(() => execFileSync("setpriv", asUser, { cwd: cell, stdio: "ignore" }), deed).toThrow();
    }
    // The same user may remove its own name for it, which is all that it has.
    expect(hashes(origin.frozen)).toEqual(before);
    await vmm.kill();
  });

  test("that is damaged is refused, and its Firecracker is gone", async () => {
    const origin = await golden();
    const bench = await makeBench();
    const { memoryMib } = bench.spec;
    const damaged = async (alter: (directory: string) => Promise<void>, change: Partial<VmmSpec> = {}) => {
      const directory = await mkdtemp(join(bench.directory, "damaged-"));
      await copyFile(join(origin.frozen, "state"), join(directory, "state"));
      await writeFile(join(directory, "memory"), "");
      await truncate(join(directory, "memory"), memoryMib * MIB);
      await alter(directory);
      const error = await refusal({ ...restored(bench, directory), ...change });
      expect(await bench.leftovers()).toEqual([]);
      return error;
    };
    const code = { code: "SNAPSHOT_DAMAGED" };
    const fault = (words: string) => ({ ...code, details: { fault: expect.stringContaining(words) } });
    const state = (directory: string) => join(directory, "state");
    const memory = (directory: string) => join(directory, "memory");
    expect(await damaged((at) => rm(state(at)))).toMatchObject(code);
    expect(await damaged((at) => rm(memory(at)))).toMatchObject(code);
    expect(await damaged((at) => truncate(memory(at), memoryMib * MIB - 1))).toMatchObject(code);
    expect(await damaged((at) => truncate(state(at), 0))).toMatchObject(fault("too short"));
    expect(await damaged((at) => truncate(state(at), 200))).toMatchObject(fault("bitcode error"));
    expect(await damaged((at) => truncate(state(at), 11 * MIB))).toMatchObject(fault("exceeds limit"));
    const lastByte = async (at: string) => {
      const bytes = await readFile(state(at));
      bytes[bytes.length - 1] = bytes.at(-1) === 0x30 ? 0x31 : 0x30;
      await writeFile(state(at), bytes);
    };
    expect(await damaged(lastByte)).toMatchObject(fault("CRC64 validation failed"));
    // The same memory is too short for the VM that was frozen.
    const half = (at: string) => truncate(memory(at), (memoryMib / 2) * MIB);
    expect(await damaged(half, { memoryMib: memoryMib / 2 })).toMatchObject(fault("memory regions exceeds"));
  });

  test("by another format, or with other devices, is told from a damaged one", async () => {
    const origin = await golden();
    const bench = await makeBench();
    const directory = join(bench.directory, "other");
    await mkdir(directory);
    await link(join(origin.frozen, "memory"), join(directory, "memory"));
    const state = await readFile(join(origin.frozen, "state"));
    state.write("90.0.0", state.indexOf("10.0.0"));
    await writeFile(join(directory, "state"), state);
    expect(await refusal(restored(bench, directory))).toMatchObject({
      code: "SNAPSHOT_MISMATCH",
      details: { fault: expect.stringContaining("Invalid data version: 90.0.0") },
    });
    const fewer = { ...restored(bench, origin.frozen), disks: [] };
    expect(await refusal(fewer)).toMatchObject({ code: "SNAPSHOT_MISMATCH" });
    expect(await bench.leftovers()).toEqual([]);
  });

  test("is not restored behind a TAP that is missing, busy or another user's", async () => {
    const origin = await golden();
    const [bench, holder] = [await makeBench(), await makeBench()];
    const vmm = await launch(holder.spec);
    const behind = (tap: string, uid = bench.spec.uid) => {
      const address = { ...bench.spec.address, tap: tap as VmmSpec["address"]["tap"] };
      return refusal({ ...restored(bench, origin.frozen), address, uid });
    };
    const held = holder.spec.address.tap;
    expect(await behind("bvt-none")).toMatchObject({ code: "LINK_NOT_FOUND" });
    expect(await behind(held)).toMatchObject({ code: "NOT_PRIVILEGED" });
    expect(await behind(held, holder.spec.uid)).toMatchObject({
      code: "TAP_BUSY",
      details: { pid: vmm.record.identity.pid, name: held },
    });
    expect(await bench.leftovers()).toEqual([]);
    await vmm.kill();
  });

  test("has the rates of the configuration under which it is restored", async () => {
    const bench = await makeBench();
    const limited = driverWith({ diskMibPerSecond: 50, networkMibPerSecond: 10 });
    const rates = async () => {
      const { drives, "network-interfaces": nics } = JSON.parse(
        (await ask(bench, "GET", "/vm/config")).answer,
      );
      return [drives[0].rate_limiter?.bandwidth.size, nics[0].rx_rate_limiter?.bandwidth.size];
    };
    const first = await launch(bench.spec, limited);
    expect(await rates()).toEqual([50 * MIB, 10 * MIB]);
    await freeze(first, bench.frozen);
    await first.kill();
    const free = await launch(restored(bench, bench.frozen, "own"));
    expect(await rates()).toEqual([undefined, undefined]);
    await free.kill();
    const slow = await launch(
      restored(bench, bench.frozen, "own"),
      driverWith({ ...NO_RATE, diskMibPerSecond: 5 }),
    );
    expect(await rates()).toEqual([5 * MIB, undefined]);
    await slow.kill();
  });

  test("for which there is no space stands still, leaves nothing, and lives on", async () => {
    const small = await mkdtemp(join(tmpdir(), "bvm-small-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=200M", "tmpfs", small]);
    mounts.push(small);
    const before = process.env.TMPDIR;
    process.env.TMPDIR = small;
    const bench = await makeBench().finally(() => {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    });
    const vmm = await launch(bench.spec);
    await expect(freeze(vmm, bench.frozen)).rejects.toMatchObject({
      code: "DISK_FULL",
      details: { path: bench.frozen },
    });
    expect(await vmm.status()).toBe("paused");
    expect(readdirSync(bench.frozen)).toEqual([]);
    expect(existsSync(join(jailOf(bench), "memory"))).toBe(false);
    await vmm.thaw();
    expect(await vmm.status()).toBe("running");
    execFileSync("mount", ["-o", "remount,size=600M", small]);
    await freeze(vmm, bench.frozen);
    expect(readdirSync(bench.frozen).toSorted()).toEqual(FILES);
    // The jail is on another file system than this directory.
    const far = await makeBench();
    await expect(freeze(vmm, far.frozen)).rejects.toMatchObject({ code: "BAD_CONFIG" });
    expect(readdirSync(far.frozen)).toEqual([]);
    await vmm.kill();
    expect(await bench.leftovers()).toEqual([]);
  });

  test("is given up when its caller's patience ends, and frozen by the next attempt", async () => {
    const bench = await makeBench();
    const vmm = await launch(bench.spec);
    await expect(freeze(vmm, bench.frozen, AbortSignal.abort())).rejects.toMatchObject({
      code: "DEADLINE_EXCEEDED",
    });
    expect(await vmm.status()).toBe("paused");
    expect(readdirSync(bench.frozen)).toEqual([]);
    await freeze(vmm, bench.frozen);
    expect(readdirSync(bench.frozen).toSorted()).toEqual(FILES);
    await vmm.kill();
  });

  test("can be frozen by the hostd that adopts it, also after it was restored", async () => {
    const origin = await golden();
    const bench = await makeBench();
    const first = await launch(restored(bench, origin.frozen));
    await first.detach();
    const adopted = await driverWith().adopt(first.record);
    if (!adopted || !canFreeze(adopted)) return expect.unreachable("it was not adopted");
    await freeze(adopted, bench.frozen);
    expect(statSync(join(bench.frozen, "memory"))).toMatchObject({ uid: 0, mode: 0o100444 });
    await adopted.kill();
    expect(await bench.leftovers()).toEqual([]);
  });

  test("depends on Firecracker's version and on this machine's processor", async () => {
    const { vmm, cpu } = await driverWith().frozenBy("kvm");
    expect(vmm).toMatch(/^Firecracker \d+\.\d+\.\d+/);
    expect(cpu).toMatch(/\w/);
  });

  test("is only loaded into a Firecracker of which nothing else was asked", async () => {
    const origin = await golden();
    const bench = await makeBench();
    const socket = join(bench.directory, "raw.sock");
    const child = spawn(settings.vmm.firecracker, ["--api-sock", socket, "--enable-pci"], {
      stdio: "ignore",
    });
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    await expect.poll(() => existsSync(socket), { timeout: 20_000 }).toBe(true);
    const tell = (method: "PUT" | "PATCH", path: string, body: object) =>
      askApi(socket, { method, path, body });
    const beforeBoot = { status: 400, answer: expect.stringContaining("not supported before starting") };
    expect(await tell("PATCH", "/vm", { state: "Resumed" })).toMatchObject(beforeBoot);
    expect(await tell("PATCH", "/drives/disk0", { drive_id: "disk0" })).toMatchObject(beforeBoot);
    const files = { snapshot_path: "/tmp/x", mem_file_path: "/tmp/y" };
    expect(await tell("PUT", "/snapshot/create", files)).toMatchObject(beforeBoot);
    await tell("PUT", "/machine-config", { vcpu_count: 1, mem_size_mib: 256 });
    const load = {
      snapshot_path: join(origin.frozen, "state"),
      mem_backend: { backend_type: "File", backend_path: join(origin.frozen, "memory") },
    };
    expect(await tell("PUT", "/snapshot/load", load)).toMatchObject({
      status: 400,
      answer: expect.stringContaining("not allowed after configuring boot-specific resources"),
    });
    // This mistake alone does not end it.
    expect(await askApi(socket, { method: "GET", path: "/" })).toMatchObject({ status: 200 });
    child.kill();
    await ended;
  });

  test("names no interface that it does not have", async () => {
    const origin = await golden();
    const bench = await makeBench();
    const socket = join(bench.directory, "raw.sock");
    const child = spawn(settings.vmm.firecracker, ["--api-sock", socket, "--enable-pci"], {
      stdio: "ignore",
    });
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    await expect.poll(() => existsSync(socket), { timeout: 20_000 }).toBe(true);
    const body = {
      snapshot_path: join(origin.frozen, "state"),
      mem_backend: { backend_type: "File", backend_path: join(origin.frozen, "memory") },
      network_overrides: [{ iface_id: "eth9", host_dev_name: bench.spec.address.tap }],
    };
    expect(await askApi(socket, { method: "PUT", path: "/snapshot/load", body })).toMatchObject({
      status: 400,
      answer: expect.stringContaining("Unknown Network Device."),
    });
    expect(await ended).toBe(1);
  });
});

test("what a jail's user puts in the place of its frozen state is not taken for it", async () => {
  const bench = await makeBench();
  const { uid } = bench.spec;
  const jail = join(bench.directory, "cell");
  await mkdir(jail);
  const place = { jail, directory: bench.frozen };
  const secret = join(bench.directory, "secret");
  await writeFile(secret, "root's own", { mode: 0o600 });
  const notTaken = expect.objectContaining({ code: "VMM_PROTOCOL" });
  await symlink(secret, join(jail, "state"));
  await expect(takeOut(place, uid)).rejects.toEqual(notTaken);
  await link(secret, join(jail, "state"));
  await expect(takeOut(place, uid)).rejects.toEqual(notTaken);
  await chown(secret, uid, uid);
  await link(secret, join(jail, "state"));
  await expect(takeOut(place, uid)).rejects.toEqual(notTaken);
  expect(statSync(secret)).toMatchObject({ uid, mode: 0o100600 });
});

test("the guest's agent answers again after a thaw, and after a restore with all that it knew", async () => {
  const [origin, clone] = [await makeBench(), await makeBench()];
  const { driver } = openVmm("firecracker", await standInSettings(programs));
  const talkTo = (vmm: VmMonitor) =>
    connectGuest({
      socketPath: vmm.controlSocket,
      vsockPort: vmm.controlVsockPort,
      log: pino({ level: "silent" }),
    });
  const vmm = await driver.launch(silentProgress(), origin.spec);
  if (!canFreeze(vmm)) return expect.unreachable("Firecracker can freeze");
  const widths: number[] = [];
  {
    await using guest = talkTo(vmm);
    const resize = { width: 800, height: 600 };
    await guest.call("display.resize", resize, { timeoutMs: 20_000 });
    await vmm.freeze(silentProgress(), origin.frozen);
    await vmm.thaw();
    // The first call finds out that the connection is gone.
    const width = () =>
      guest.call("display.info", {}, { timeoutMs: 1000 }).then(
        (info) => info.width,
        () => undefined,
      );
    await expect.poll(width, { timeout: 20_000 }).toBe(800);
  }
  await vmm.kill();
  const next = await driver.launch(silentProgress(), {
    ...clone.spec,
    restore: { directory: origin.frozen, use: "shared" },
  });
  await using guest = talkTo(next);
  widths.push((await guest.call("display.info", {}, { timeoutMs: 20_000 })).width ?? 0);
  expect(widths).toEqual([800]);
  await next.kill();
});
