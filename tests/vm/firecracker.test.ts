import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentProgress } from "@browservm/contract";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { connectGuest } from "../../packages/host/src/guest/connect-guest.ts";
import { openVmm } from "../../packages/host/src/vmm/drivers.ts";
import type { VmMonitor, VmmSpec } from "../../packages/host/src/vmm/vmm.ts";
import { askApi } from "../firecracker/ask-api.ts";
import { installStandIn } from "../firecracker/install-stand-in.ts";
import { FIRECRACKERS } from "./firecracker-lab.ts";
import { firecrackerSettings, standInSettings, testKernel, VmmBench } from "./vmm-fixtures.ts";

let kernel: string;
let programs: string;
let benches: VmmBench[] = [];
beforeAll(async () => {
  kernel = await testKernel();
  programs = await mkdtemp(join(tmpdir(), "bvm-programs-"));
});
afterAll(() => rm(programs, { recursive: true }));
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench[Symbol.asyncDispose]();
});

async function makeBench(fake = ""): Promise<VmmBench> {
  const bench = await VmmBench.make(kernel, "idle", { fake, accelerator: "kvm" });
  benches = [...benches, bench];
  return bench;
}

/** What Firecracker's own API answers in the bench's jail. */
const ask = (bench: VmmBench, method: "PUT" | "PATCH", path: string, body: object) =>
  askApi(join(bench.spec.runDir, "jail/api.sock"), { method, path, body });

describe.each(FIRECRACKERS)("Firecracker as $name", ({ settings }) => {
  let driver: ReturnType<typeof openVmm>["driver"];
  beforeAll(async () => {
    driver = openVmm("firecracker", await settings(programs)).driver;
  });
  const launch = (bench: VmmBench, change: Partial<VmmSpec> = {}) =>
    driver.launch(silentProgress(), { ...bench.spec, ...change });
  const refusal = (bench: VmmBench, change: Partial<VmmSpec>) =>
    launch(bench, change).then(
      (vmm: VmMonitor) => vmm.kill().then(() => expect.unreachable("it was launched")),
      (error: unknown) => error,
    );

  test("runs jailed as the slot's user, without capabilities, holding its TAP with virtio headers", async () => {
    const bench = await makeBench();
    const { uid, address, runDir } = bench.spec;
    const vmm = await launch(bench);
    const { pid } = vmm.record.identity;
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    expect(status).toMatch(new RegExp(`^Uid:\\s+${uid}\\s+${uid}\\s+${uid}\\s+${uid}$`, "m"));
    expect(status).toMatch(/^Groups:\s*$/m);
    expect(status).toMatch(/^CapEff:\s+0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(statSync(`/proc/${pid}/root/`).ino).toBe(statSync(join(runDir, "jail")).ino);
    const [link] = JSON.parse(
      execFileSync("ip", ["-j", "-d", "link", "show", address.tap], { encoding: "utf8" }),
    );
    expect(link.linkinfo.info_data).toMatchObject({ type: "tap", vnet_hdr: true });
    expect(link.linkinfo.info_data.multi_queue).toBe(false);
    await vmm.kill();
    expect(await bench.leftovers()).toEqual([]);
    expect(existsSync(bench.spec.kernel)).toBe(true);
  });

  test("names the process that holds the TAP, and says when the TAP is another user's", async () => {
    const [bench, other, third] = [await makeBench(), await makeBench(), await makeBench()];
    const vmm = await launch(bench);
    expect(
      await refusal(other, { address: { ...other.spec.address, tap: bench.spec.address.tap } }),
    ).toMatchObject({
      code: "NOT_PRIVILEGED",
    });
    execFileSync("ip", ["link", "delete", other.spec.address.tap]);
    execFileSync("ip", [
      "tuntap",
      "add",
      other.spec.address.tap,
      "mode",
      "tap",
      "user",
      String(third.spec.uid),
    ]);
    const uid = bench.spec.uid;
    const busy = await refusal(third, {
      uid,
      address: { ...third.spec.address, tap: bench.spec.address.tap },
    });
    expect(busy).toMatchObject({
      code: "TAP_BUSY",
      details: { pid: vmm.record.identity.pid, name: bench.spec.address.tap },
    });
    expect(await third.leftovers()).toEqual([]);
    await vmm.kill();
  });

  test("refuses a TAP that is missing or has many queues, and makes none of its own", async () => {
    const bench = await makeBench();
    const { address, uid } = bench.spec;
    const none = { ...address, tap: "bvt-none" as typeof address.tap };
    expect(await refusal(bench, { address: none })).toMatchObject({ code: "LINK_NOT_FOUND" });
    execFileSync("ip", ["link", "delete", address.tap]);
    execFileSync("ip", ["tuntap", "add", address.tap, "mode", "tap", "multi_queue", "user", String(uid)]);
    expect(await refusal(bench, {})).toMatchObject({ code: "TAP_NAME_TAKEN" });
    expect(readFileSync("/proc/self/net/dev", "utf8")).not.toContain("bvt-none");
    expect(await bench.leftovers()).toEqual([]);
  });

  test("refuses what cannot become a VM with a typed error, and leaves nothing", async () => {
    const bench = await makeBench();
    const garbage = join(bench.directory, "garbage");
    await writeFile(garbage, "no kernel");
    const gone = [{ path: "/nonexistent/base", readOnly: true }];
    expect(await refusal(bench, { kernel: "/nonexistent/vmlinuz" })).toMatchObject({ code: "IMAGE_DAMAGED" });
    expect(await refusal(bench, { kernel: garbage })).toMatchObject({ code: "IMAGE_DAMAGED" });
    expect(await refusal(bench, { disks: gone })).toMatchObject({ code: "IMAGE_DAMAGED" });
    expect(await refusal(bench, { initrd: "/nonexistent/initrd" })).toMatchObject({ code: "IMAGE_DAMAGED" });
    expect(await refusal(bench, { runDir: `/tmp/${"d".repeat(110)}` })).toMatchObject({ code: "BAD_CONFIG" });
    expect(await refusal(bench, { accelerator: "tcg" })).toMatchObject({ code: "KVM_UNAVAILABLE" });
    expect(await refusal(bench, { vcpus: 33 })).toMatchObject({ code: "VMM_REFUSED" });
    expect(await bench.leftovers()).toEqual([]);
  });

  test("clears what a crash left of an earlier jail of the same VM", async () => {
    const bench = await makeBench();
    const root = join(bench.directory, "jail/firecracker", bench.spec.vmId.replace("_", "-"), "root");
    await mkdir(join(root, "dev/net"), { recursive: true });
    // The jailer itself refuses a jail with device nodes.
    execFileSync("mknod", [join(root, "dev/net/tun"), "c", "10", "200"]);
    const vmm = await launch(bench);
    expect(await vmm.status()).toBe("running");
    await vmm.kill();
    expect(await bench.leftovers()).toEqual([]);
  });

  test("speaks to no socket in the jail that another user put there", async () => {
    const bench = await makeBench();
    const vmm = await launch(bench);
    execFileSync("chown", ["0", join(bench.spec.runDir, "jail/api.sock")]);
    await expect(vmm.status()).rejects.toMatchObject({ code: "VMM_PROTOCOL" });
    await vmm.kill();
  });

  test("keeps to the order of the API: no setting after the start, no snapshot while it runs", async () => {
    const bench = await makeBench();
    const vmm = await launch(bench);
    const late = await ask(bench, "PUT", "/boot-source", { kernel_image_path: "/kernel" });
    expect(late).toMatchObject({
      status: 400,
      answer: expect.stringContaining("not supported after starting"),
    });
    const files = { snapshot_path: "/state", mem_file_path: "/memory" };
    const running = await ask(bench, "PUT", "/snapshot/create", files);
    expect(running).toMatchObject({
      status: 400,
      answer: expect.stringContaining("unavailable while running"),
    });
    expect(await ask(bench, "PUT", "/nothing", {})).toMatchObject({ status: 400 });
    expect(await ask(bench, "PUT", "/actions", { action_type: "Dance" })).toMatchObject({ status: 400 });
    expect(await ask(bench, "PATCH", "/vm", { state: "Paused" })).toMatchObject({ status: 204 });
    expect(await vmm.status()).toBe("paused");
    expect(await ask(bench, "PUT", "/snapshot/create", files)).toMatchObject({ status: 204 });
    const root = join(bench.spec.runDir, "jail");
    expect(statSync(join(root, "memory")).size).toBe(bench.spec.memoryMib * 1024 * 1024);
    expect(await ask(bench, "PATCH", "/vm", { state: "Resumed" })).toMatchObject({ status: 204 });
    await vmm.kill();
    expect(await bench.leftovers()).toEqual([]);
  });

  test("sees the end of a Firecracker whose snapshot cannot be loaded", async () => {
    const bench = await makeBench();
    const { firecracker } = (await settings(programs)).vmm;
    const socket = join(bench.directory, "load.sock");
    const ended = new Promise<number | null>((resolve) => {
      spawn(firecracker, ["--api-sock", socket], { stdio: "ignore" }).once("exit", resolve);
    });
    await expect.poll(() => existsSync(socket), { timeout: 20_000 }).toBe(true);
    const state = join(bench.directory, "damaged");
    await writeFile(state, "damaged");
    await truncate(state, 1000);
    const body = { snapshot_path: state, mem_backend: { backend_type: "File", backend_path: state } };
    expect(await askApi(socket, { method: "PUT", path: "/snapshot/load", body })).toMatchObject({
      status: 400,
      answer: expect.stringContaining("Load snapshot error"),
    });
    expect(await ended).toBe(1);
  });
});

describe("the programs of Firecracker", () => {
  const launchWith = async (firecracker: string, jailer: string) => {
    const bench = await makeBench();
    const { driver } = openVmm("firecracker", firecrackerSettings(firecracker, jailer));
    return driver.launch(silentProgress(), bench.spec).catch((error: unknown) => error);
  };

  test("that are missing, foreign, too old, or of two versions are typed errors", async () => {
    const good = await installStandIn(join(programs, "good"));
    const old = await installStandIn(join(programs, "old"), { firecracker: "1.12.1", jailer: "1.12.1" });
    const newer = await installStandIn(join(programs, "newer"), { jailer: "1.17.0" });
    expect(await launchWith("/nonexistent/firecracker", "")).toMatchObject({ code: "VMM_NOT_FOUND" });
    expect(await launchWith("/bin/true", good.jailer)).toMatchObject({ code: "VMM_UNSUPPORTED" });
    expect(await launchWith("/bin/false", good.jailer)).toMatchObject({ code: "VMM_UNSUPPORTED" });
    expect(await launchWith(old.firecracker, old.jailer)).toMatchObject({
      code: "VMM_UNSUPPORTED",
      message: expect.stringContaining("1.12.1"),
    });
    expect(await launchWith(good.firecracker, newer.jailer)).toMatchObject({ code: "VMM_UNSUPPORTED" });
  });

  test("that end at once are told with their last words", async () => {
    const good = await installStandIn(join(programs, "good"));
    const failing = join(programs, "failing-jailer");
    await writeFile(
      failing,
      `#!/bin/sh\n[ "$1" = --version ] && exec ${good.jailer} --version\necho "Failed to pivot root" >&2; exit 1\n`,
      { mode: 0o755 },
    );
    expect(await launchWith(good.firecracker, failing)).toMatchObject({
      code: "VMM_EXITED_EARLY",
      details: { stderr: ["Failed to pivot root"], ended: "exit status 1" },
    });
  });
});

test("the guest's agent answers through Firecracker's vsock", async () => {
  const bench = await makeBench("fake.bootMs=600");
  const { driver } = openVmm("firecracker", await standInSettings(programs));
  const vmm = await driver.launch(silentProgress(), bench.spec);
  const log = pino({ level: "silent" });
  await using guest = connectGuest({
    socketPath: vmm.controlSocket,
    vsockPort: vmm.controlVsockPort,
    log,
  });
  const hello = { vmId: bench.spec.vmId, nonce: "n", token: "t", hostTime: "2026-01-01T00:00:00.000Z" };
  expect(await guest.call("hello", hello, { timeoutMs: 20_000 })).toMatchObject({ agentVersion: "fake" });
  await guest.call("shutdown", { mode: "poweroff" }, { timeoutMs: 5000 });
  expect(await vmm.exited).toMatchObject({ code: 0 });
});
