import { spawn } from "node:child_process";
import { existsSync, statSync } from "node:fs";
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
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { takeOut } from "../../packages/host/src/vmm/firecracker/frozen-files.ts";
import type { VmmSpec } from "../../packages/host/src/vmm/vmm.ts";
import { askApi } from "../firecracker/ask-api.ts";
import { FIRECRACKERS, FirecrackerLab, type FreezeBench, restored } from "./firecracker-lab.ts";

const MIB = 1024 * 1024;

/** A Firecracker without a jail, of which nothing was asked yet. */
async function startBare(lab: FirecrackerLab, { directory }: FreezeBench) {
  const socket = join(directory, "bare.sock");
  const args = ["--api-sock", socket, "--enable-pci"];
  const child = spawn(lab.settings.vmm.firecracker, args, { stdio: "ignore" });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  await expect.poll(() => existsSync(socket), { timeout: 20_000 }).toBe(true);
  return { socket, child, ended };
}

describe.each(FIRECRACKERS)("a frozen VM is refused by $name", (subject) => {
  test("when it is damaged, whatever is damaged of it", async () => {
    await using lab = await FirecrackerLab.open(subject);
    const origin = await lab.golden();
    const bench = await lab.makeBench();
    const { memoryMib } = bench.spec;
    const damaged = async (alter: (directory: string) => Promise<void>, change: Partial<VmmSpec> = {}) => {
      const directory = await mkdtemp(join(bench.directory, "damaged-"));
      for (const name of ["state", "facts.json"])
        await copyFile(join(origin.frozen, name), join(directory, name));
      await writeFile(join(directory, "memory"), "");
      await truncate(join(directory, "memory"), memoryMib * MIB);
      await alter(directory);
      const error = await lab.refusal({ ...restored(bench, directory), ...change });
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
    // What is known of it lies: Firecracker itself sees that its memory is too short.
    const lie = async (at: string) => {
      await truncate(memory(at), (memoryMib / 2) * MIB);
      const facts = JSON.parse(await readFile(join(at, "facts.json"), "utf8"));
      await writeFile(join(at, "facts.json"), JSON.stringify({ ...facts, memoryMib: memoryMib / 2 }));
    };
    expect(await damaged(lie, { memoryMib: memoryMib / 2 })).toMatchObject(fault("memory regions exceeds"));
  });

  test("when it was frozen by another version or processor, or with other sizes, and both are named", async () => {
    await using lab = await FirecrackerLab.open(subject);
    const origin = await lab.golden();
    const bench = await lab.makeBench();
    const path = join(origin.frozen, "facts.json");
    const facts = JSON.parse(await readFile(path, "utf8"));
    const mismatch = { code: "SNAPSHOT_MISMATCH" };
    for (const other of [{ vmm: "Firecracker 1.13.0" }, { cpu: "another" }, { vcpus: 2 }, { disks: 5 }]) {
      await writeFile(path, JSON.stringify({ ...facts, ...other }));
      const error = await lab.refusal(restored(bench, origin.frozen));
      expect(error).toMatchObject({ ...mismatch, details: { frozen: other, now: expect.anything() } });
    }
    await writeFile(path, JSON.stringify(facts));
    expect(await lab.refusal({ ...restored(bench, origin.frozen), disks: [] })).toMatchObject(mismatch);
    expect(await lab.refusal({ ...restored(bench, origin.frozen), memoryMib: 64 })).toMatchObject(mismatch);
    expect(await bench.leftovers()).toEqual([]);
  });

  test("when its file has another format, and is then not called damaged", async () => {
    await using lab = await FirecrackerLab.open(subject);
    const origin = await lab.golden();
    const bench = await lab.makeBench();
    const directory = join(bench.directory, "other");
    await mkdir(directory);
    for (const name of ["memory", "facts.json"]) await link(join(origin.frozen, name), join(directory, name));
    const state = await readFile(join(origin.frozen, "state"));
    state.write("90.0.0", state.indexOf("10.0.0"));
    await writeFile(join(directory, "state"), state);
    expect(await lab.refusal(restored(bench, directory))).toMatchObject({
      code: "SNAPSHOT_MISMATCH",
      details: { fault: expect.stringContaining("Invalid data version: 90.0.0") },
    });
    expect(await bench.leftovers()).toEqual([]);
  });

  test("when its TAP is missing, busy or another user's", async () => {
    await using lab = await FirecrackerLab.open(subject);
    const origin = await lab.golden();
    const [bench, holder] = [await lab.makeBench(), await lab.makeBench()];
    const vmm = await lab.launch(holder.spec);
    const behind = (tap: string, uid = bench.spec.uid) => {
      const address = { ...bench.spec.address, tap: tap as VmmSpec["address"]["tap"] };
      return lab.refusal({ ...restored(bench, origin.frozen), address, uid });
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

  test("when something else was asked before it is loaded, or it is not loaded yet", async () => {
    await using lab = await FirecrackerLab.open(subject);
    const origin = await lab.golden();
    const bench = await lab.makeBench();
    const { socket, child, ended } = await startBare(lab, bench);
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

  test("when an interface is named that it does not have; and the process ends", async () => {
    await using lab = await FirecrackerLab.open(subject);
    const origin = await lab.golden();
    const bench = await lab.makeBench();
    const { socket, ended } = await startBare(lab, bench);
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
  await using lab = await FirecrackerLab.open();
  const bench = await lab.makeBench();
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
