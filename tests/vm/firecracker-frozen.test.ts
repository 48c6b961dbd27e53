import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { chown, link, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, describe, expect, test } from "vitest";
import { connectGuest } from "../../packages/host/src/guest/connect-guest.ts";
import { canFreeze, type VmMonitor } from "../../packages/host/src/vmm/vmm.ts";
import { askApi } from "../firecracker/ask-api.ts";
import {
  FIRECRACKERS,
  FirecrackerLab,
  FROZEN_FILES,
  freeze,
  jailOf,
  NO_RATE,
  restored,
} from "./firecracker-lab.ts";

const MIB = 1024 * 1024;
const hashes = (directory: string) =>
  FROZEN_FILES.map((name) =>
    createHash("sha256")
      .update(readFileSync(join(directory, name)))
      .digest("hex"),
  );
const linkOf = (tap: string) => {
  const [link] = JSON.parse(execFileSync("ip", ["-j", "-d", "link", "show", tap], { encoding: "utf8" }));
  return link.linkinfo.info_data;
};

const log = pino({ level: "silent" });
const talkTo = ({ controlSocket, controlVsockPort }: VmMonitor) =>
  connectGuest({ socketPath: controlSocket, vsockPort: controlVsockPort, log });

const mounts: string[] = [];
afterEach(async () => {
  for (const mount of mounts.splice(0)) {
    execFileSync("umount", [mount]);
    await rm(mount, { recursive: true });
  }
});

describe.each(FIRECRACKERS)("a VM frozen by $name", (subject) => {
  test("stands still, is files of root that nobody can write, and goes on when it is thawed", async () => {
    await using lab = await FirecrackerLab.open(subject);
    const bench = await lab.makeBench();
    const vmm = await lab.launch(bench.spec);
    await freeze(vmm, bench.frozen);
    expect(await vmm.status()).toBe("paused");
    expect(readdirSync(bench.frozen).toSorted()).toEqual(FROZEN_FILES);
    for (const name of ["memory", "state"])
      expect(statSync(join(bench.frozen, name))).toMatchObject({ uid: 0, mode: 0o100444, nlink: 1 });
    const memory = statSync(join(bench.frozen, "memory"));
    expect(memory.size).toBe(bench.spec.memoryMib * MIB);
    expect(readdirSync(jailOf(bench))).not.toEqual(expect.arrayContaining(["memory"]));
    await vmm.thaw();
    expect(await vmm.status()).toBe("running");
    await vmm.thaw();
    expect(await vmm.status()).toBe("running");
    await vmm.kill();
    expect(await bench.leftovers()).toEqual([]);
  });

  test("takes no space for memory that is zero once it is golden", async () => {
    await using lab = await FirecrackerLab.open(subject);
    const bench = await lab.makeBench();
    const vmm = await lab.launch({ ...bench.spec, freezeInto: bench.frozen });
    await freeze(vmm, bench.frozen);
    const { size, blocks } = statSync(join(bench.frozen, "memory"));
    expect(size).toBe(bench.spec.memoryMib * MIB);
    expect(blocks * 512).toBeLessThan(size / 2);
    await vmm.kill();
  });

  test("goes on in many VMs at one time, each behind its own TAP, none of which alters it", async () => {
    await using lab = await FirecrackerLab.open(subject);
    const origin = await lab.golden();
    const before = hashes(origin.frozen);
    const [first, second] = [await lab.makeBench(), await lab.makeBench()];
    const started = [first, second].map(async (bench) => {
      const vmm = await lab.launch(restored(bench, origin.frozen));
      return { vmm, tap: bench.spec.address.tap };
    });
    const clones = await Promise.all(started);
    for (const { vmm, tap } of clones) {
      expect(await vmm.status()).toBe("running");
      expect(linkOf(tap)).toMatchObject({ type: "tap", vnet_hdr: true, multi_queue: false });
      const fdinfo = `/proc/${vmm.record.identity.pid}/fdinfo`;
      const held = readdirSync(fdinfo).map((fd) => readFileSync(join(fdinfo, fd), "utf8"));
      expect(held.filter((info) => info.includes("iff:")).join()).toContain(`iff:\t${tap}\n`);
    }
    for (const { vmm } of clones.slice(0, 1)) await freeze(vmm, first.frozen);
    for (const { vmm } of clones) await vmm.kill();
    expect(hashes(origin.frozen)).toEqual(before);
    // A clone's own state is as good as the first.
    const again = await lab.launch(restored(second, first.frozen, "own"));
    expect(await again.status()).toBe("running");
    await again.kill();
    for (const bench of [origin, first, second]) expect(await bench.leftovers()).toEqual([]);
  });

  test("cannot be written by the user of a jail that it is linked into", async () => {
    await using lab = await FirecrackerLab.open(subject);
    const origin = await lab.golden();
    const bench = await lab.makeBench();
    const vmm = await lab.launch(restored(bench, origin.frozen));
    const { pid } = vmm.record.identity;
    // Once it is loaded its jail has no name for it any more.
    const isMemory = (fd: string) => readlinkSync(`/proc/${pid}/fd/${fd}`).endsWith("/memory (deleted)");
    const memory = readdirSync(`/proc/${pid}/fd`).filter(isMemory);
    expect(memory).toHaveLength(1);
    const names = readdirSync(jailOf(bench));
    expect(names).toContain("api.sock");
    expect(names.filter((name) => FROZEN_FILES.includes(name))).toEqual([]);
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

  test("has the rates of the configuration under which it is restored", async () => {
    await using lab = await FirecrackerLab.open(subject);
    const bench = await lab.makeBench();
    const limited = lab.driver({ diskMibPerSecond: 50, networkMibPerSecond: 10 });
    const rates = async () => {
      const asked = { method: "GET", path: "/vm/config" } as const;
      const { answer } = await askApi(join(jailOf(bench), "api.sock"), asked);
      const { drives, "network-interfaces": nics } = JSON.parse(answer);
      return [drives[0].rate_limiter?.bandwidth.size, nics[0].rx_rate_limiter?.bandwidth.size];
    };
    const first = await lab.launch(bench.spec, limited);
    expect(await rates()).toEqual([50 * MIB, 10 * MIB]);
    await freeze(first, bench.frozen);
    await first.kill();
    const free = await lab.launch(restored(bench, bench.frozen, "own"));
    expect(await rates()).toEqual([undefined, undefined]);
    await free.kill();
    const slow = await lab.launch(
      restored(bench, bench.frozen, "own"),
      lab.driver({ ...NO_RATE, diskMibPerSecond: 5 }),
    );
    expect(await rates()).toEqual([5 * MIB, undefined]);
    await slow.kill();
  });

  test("for which there is no space stands still, leaves nothing, and lives on", async () => {
    await using lab = await FirecrackerLab.open(subject);
    const small = await mkdtemp(join(tmpdir(), "bvm-small-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=200M", "tmpfs", small]);
    mounts.push(small);
    const before = process.env.TMPDIR;
    process.env.TMPDIR = small;
    const bench = await lab.makeBench().finally(() => {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    });
    const vmm = await lab.launch(bench.spec);
    await expect(freeze(vmm, bench.frozen)).rejects.toMatchObject({
      code: "DISK_FULL",
      details: { path: bench.frozen },
    });
    expect(await vmm.status()).toBe("paused");
    expect(readdirSync(bench.frozen)).toEqual([]);
    expect(existsSync(join(jailOf(bench), "memory"))).toBe(false);
    // Had it been tried, Firecracker would have said so itself.
    const files = { snapshot_path: "/tried", mem_file_path: "/tried-memory" };
    const create = { method: "PUT", path: "/snapshot/create", body: files } as const;
    expect(await askApi(join(jailOf(bench), "api.sock"), create)).toMatchObject({
      status: 400,
      answer: expect.stringContaining("No space left on device (os error 28)"),
    });
    for (const tried of ["tried", "tried-memory"]) await rm(join(jailOf(bench), tried));
    await vmm.thaw();
    expect(await vmm.status()).toBe("running");
    execFileSync("mount", ["-o", "remount,size=600M", small]);
    await freeze(vmm, bench.frozen);
    expect(readdirSync(bench.frozen).toSorted()).toEqual(FROZEN_FILES);
    // The jail is on another file system than this directory.
    const far = await lab.makeBench();
    await expect(freeze(vmm, far.frozen)).rejects.toMatchObject({ code: "BAD_CONFIG" });
    expect(readdirSync(far.frozen)).toEqual([]);
    await vmm.kill();
    expect(await bench.leftovers()).toEqual([]);
  });

  test("is given up when its caller's patience ends, and frozen by the next attempt", async () => {
    await using lab = await FirecrackerLab.open(subject);
    const bench = await lab.makeBench();
    const vmm = await lab.launch(bench.spec);
    await expect(freeze(vmm, bench.frozen, AbortSignal.abort())).rejects.toMatchObject({
      code: "DEADLINE_EXCEEDED",
    });
    expect(await vmm.status()).toBe("paused");
    expect(readdirSync(bench.frozen)).toEqual([]);
    await freeze(vmm, bench.frozen);
    expect(readdirSync(bench.frozen).toSorted()).toEqual(FROZEN_FILES);
    await vmm.kill();
  });

  test("can be frozen by the hostd that adopts it, also after it was restored", async () => {
    await using lab = await FirecrackerLab.open(subject);
    const origin = await lab.golden();
    const bench = await lab.makeBench();
    const first = await lab.launch(restored(bench, origin.frozen));
    await first.detach();
    const adopted = await lab.driver().adopt(first.record);
    if (!adopted || !canFreeze(adopted)) return expect.unreachable("it was not adopted");
    await freeze(adopted, bench.frozen);
    expect(statSync(join(bench.frozen, "memory"))).toMatchObject({ uid: 0, mode: 0o100444 });
    await adopted.kill();
    expect(await bench.leftovers()).toEqual([]);
  });

  test("depends on Firecracker's version and on this machine's processor", async () => {
    await using lab = await FirecrackerLab.open(subject);
    const { vmm, cpu } = await lab.driver().frozenBy("kvm");
    expect(vmm).toMatch(/^Firecracker \d+\.\d+\.\d+/);
    expect(cpu).toMatch(/\w/);
  });
});

test("the guest hears its host after a thaw that was none, and after a freeze that nobody waited for", async () => {
  await using lab = await FirecrackerLab.open();
  const bench = await lab.makeBench();
  const vmm = await lab.launch(bench.spec);
  const answers = async () => {
    await using guest = talkTo(vmm);
    return await guest.call("display.info", {}, { timeoutMs: 10_000 });
  };
  const ready = expect.objectContaining({ width: 1280 });
  expect(await answers()).toEqual(ready);
  await vmm.thaw();
  expect(await answers()).toEqual(ready);
  await expect(freeze(vmm, bench.frozen, AbortSignal.abort())).rejects.toThrow();
  await vmm.thaw();
  expect(await answers()).toEqual(ready);
  await vmm.kill();
});

test("the guest's agent answers again after a thaw, and after a restore with all that it knew", async () => {
  await using lab = await FirecrackerLab.open();
  const [origin, clone] = [await lab.makeBench(), await lab.makeBench()];
  const vmm = await lab.launch(origin.spec);
  {
    await using guest = talkTo(vmm);
    await guest.call("display.resize", { width: 800, height: 600 }, { timeoutMs: 20_000 });
    await freeze(vmm, origin.frozen);
    await vmm.thaw();
    // The first call finds out that its connection is gone: a snapshot resets the guest's vsock.
    const width = () =>
      guest.call("display.info", {}, { timeoutMs: 1000 }).then(
        (info) => info.width,
        () => undefined,
      );
    await expect.poll(width, { timeout: 20_000 }).toBe(800);
  }
  await vmm.kill();
  const next = await lab.launch(restored(clone, origin.frozen));
  await using guest = talkTo(next);
  expect(await guest.call("display.info", {}, { timeoutMs: 20_000 })).toMatchObject({ width: 800 });
  await next.kill();
});
