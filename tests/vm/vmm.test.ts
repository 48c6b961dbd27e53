import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { silentProgress } from "@browservm/contract";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { explainConsole } from "../../packages/host/src/logs/explain-console.ts";
import { tail } from "../../packages/host/src/logs/tail.ts";
import { isAlive } from "../../packages/host/src/process/identity.ts";
import { openVmm } from "../../packages/host/src/vmm/drivers.ts";
import { largestFileBytes } from "../../packages/host/src/vmm/qemu/limits.ts";
import type { Accelerator, VmMonitor } from "../../packages/host/src/vmm/vmm.ts";
import { type InitKind, sentence } from "./tiny-init.ts";
import {
  launchOrphan,
  OVERLAY_BYTES,
  testKernel,
  VmmBench,
  type VmmUnderTest,
  vmmUnderTest,
} from "./vmm-fixtures.ts";

const GUEST_MS = 60_000;

let kernel: string;
let benches: VmmBench[] = [];
let programs: string;
beforeAll(async () => {
  kernel = await testKernel();
  programs = await mkdtemp(join(tmpdir(), "bvm-programs-"));
});
afterAll(() => rm(programs, { recursive: true }));
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench[Symbol.asyncDispose]();
});
async function makeBench(init: InitKind, fake = "", accelerator: Accelerator = "tcg"): Promise<VmmBench> {
  const bench = await VmmBench.make(kernel, init, { fake, accelerator });
  benches = [...benches, bench];
  return bench;
}
const saysOnConsole = ({ spec }: VmmBench, words: string) =>
  expect
    .poll(() => tail(spec.logs.console, 200).then((lines) => lines.join("\n")), { timeout: GUEST_MS })
    .toContain(words);

const ACCELERATORS = { qemu: "tcg", fake: "tcg", firecracker: "kvm", container: "none" } as const;
const DRIVERS = ["qemu", "fake", "firecracker", "container"] as const;

describe.each(DRIVERS)("the VMM driver %s", (name) => {
  let vmmOf: VmmUnderTest;
  let driver: VmmUnderTest["driver"];
  beforeAll(async () => {
    vmmOf = await vmmUnderTest(name, programs);
    driver = vmmOf.driver;
  });
  const benchOf = (init: InitKind, fake = "") => makeBench(init, fake, ACCELERATORS[name]);
  const launch = (bench: VmmBench) => driver.launch(silentProgress(), bench.spec);

  test("launches a VMM that runs, offers its control socket, and leaves nothing when it is killed", async () => {
    const bench = await benchOf("idle");
    const vmm = await launch(bench);
    expect(await vmm.status()).toBe("running");
    expect(vmm.record).toMatchObject({ driver: name, runDir: bench.spec.runDir });
    // In a container it is the agent's, and this guest has none.
    if (name !== "container") {
      const control = connect(vmm.controlSocket);
      await once(control, "connect");
      control.destroy();
    }
    expect(await vmm.kill()).toEqual({ code: null, signal: "SIGKILL", observed: true });
    expect(isAlive(vmm.record.identity)).toBe(false);
    expect(await bench.leftovers()).toEqual([]);
  });

  test("settles `exited` once, however often the VMM is ended", async () => {
    const vmm = await launch(await benchOf("idle"));
    let settled = 0;
    void vmm.exited.then(() => settled++);
    const first = await vmm.kill();
    expect(await vmm.kill()).toEqual(first);
    expect(await vmm.shutdown(silentProgress())).toEqual(first);
    expect(await vmm.exited).toEqual(first);
    expect(settled).toBe(1);
    await expect(vmm.status()).rejects.toMatchObject({ code: "VMM_DIED" });
  });

  test("sees that the guest powers off by itself", async () => {
    const bench = await benchOf("poweroff", "fake.powerOffMs=200");
    const vmm = await launch(bench);
    expect(await vmm.exited).toEqual({ code: 0, signal: null, observed: true });
    expect(await bench.leftovers()).toEqual([]);
  });

  test("sees that somebody else kills the VMM", async () => {
    const bench = await benchOf("idle");
    const vmm = await launch(bench);
    process.kill(vmm.record.identity.pid, "SIGKILL");
    expect(await vmm.exited).toEqual({ code: null, signal: "SIGKILL", observed: true });
    expect(await bench.leftovers()).toEqual([]);
  });

  test("kills a guest that does not heed the power button when patience ends", async () => {
    const bench = await benchOf("idle", "fake.stubborn=yes");
    const vmm = await launch(bench);
    await saysOnConsole(bench, name === "qemu" || name === "container" ? sentence("idle").trim() : "Linux");
    expect(await vmm.shutdown(silentProgress(AbortSignal.timeout(1000)))).toMatchObject({
      signal: "SIGKILL",
    });
    expect(await bench.leftovers()).toEqual([]);
  });

  test("adopts a VMM that outlived its hostd, and sees its end", async () => {
    const bench = await benchOf("idle");
    const record = await launchOrphan(vmmOf, bench);
    const vmm = await driver.adopt(record);
    expect(await vmm?.status()).toBe("running");
    process.kill(record.identity.pid, "SIGKILL");
    expect(await vmm?.exited).toEqual({ code: null, signal: null, observed: false });
    expect(await bench.leftovers()).toEqual([]);
  });

  test("kills what it adopted", async () => {
    const bench = await benchOf("idle");
    const vmm = await driver.adopt(await launchOrphan(vmmOf, bench));
    await vmm?.kill();
    expect(await bench.leftovers()).toEqual([]);
  });

  test("adopts nothing where the VMM is gone, takes no other process for it, and removes its remains", async () => {
    const bench = await benchOf("idle");
    const record = await launchOrphan(vmmOf, bench);
    process.kill(record.identity.pid, "SIGKILL");
    await expect.poll(() => isAlive(record.identity)).toBe(false);
    expect(await driver.adopt(record)).toBeUndefined();
    expect(await bench.leftovers()).toEqual([]);
    const reused = { ...record, identity: { ...record.identity, pid: process.pid } };
    expect(await driver.adopt(reused)).toBeUndefined();
  });

  test("lets go of a VMM that lives on, so that the next one can take it", async () => {
    const bench = await benchOf("idle");
    const first = await launch(bench);
    await first.detach();
    const second = await driver.adopt(first.record);
    expect(await second?.status()).toBe("running");
    await second?.kill();
    expect(await bench.leftovers()).toEqual([]);
  });

  test("leaves nothing of a launch that is cancelled", async () => {
    const bench = await benchOf("idle");
    const cancelled = AbortSignal.timeout(30);
    await expect(driver.launch(silentProgress(cancelled), bench.spec)).rejects.toThrow();
    expect(await bench.leftovers()).toEqual([]);
  });

  test("tells of a guest whose first program ends: a panic, where it has a kernel of its own", async () => {
    const bench = await benchOf("panic", "fake.boot=panic");
    const vmm = await launch(bench);
    expect(await vmm.exited).toMatchObject({ code: 0 });
    const told = explainConsole(await tail(bench.spec.logs.console, 200));
    expect(told).toBe(name === "container" ? undefined : "GUEST_PANICKED");
  });

  test("keeps the console of a flooding guest bounded while nobody cuts it, and the VMM running", async () => {
    const bench = await benchOf("flood", "fake.console=flood");
    const record = await launchOrphan(vmmOf, bench);
    const { console } = bench.spec.logs;
    const usedBytes = () => statSync(console).blocks * 512;
    if (name === "firecracker") {
      // Nobody drains the pipe: the kernel keeps 64 KiB of it, and the file stays as it is.
      const { size } = statSync(console);
      await sleep(1000);
      expect(statSync(console).size).toBe(size);
    } else {
      const hole = {
        qemu: () => largestFileBytes(bench.spec),
        container: () => OVERLAY_BYTES,
        fake: () => 0,
      };
      const full = hole[name]() + bench.spec.logLimitBytes;
      await expect.poll(() => statSync(console).size, { timeout: GUEST_MS, interval: 200 }).toBe(full);
      await sleep(1000);
      expect(statSync(console).size).toBe(full);
    }
    expect(usedBytes()).toBeLessThanOrEqual(bench.spec.logLimitBytes + 4096);
    expect(isAlive(record.identity)).toBe(true);
    if (name !== "firecracker") expect((await tail(console, 20)).length).toBe(20);
    // Once a hostd is back it is cut, and goes on.
    const vmm = await driver.adopt(record);
    await expect.poll(() => existsSync(`${console}.1`), { timeout: 10_000 }).toBe(true);
    expect(await vmm?.status()).toBe("running");
    await vmm?.kill();
    expect(usedBytes() + statSync(`${console}.1`).size).toBeLessThan(bench.spec.logLimitBytes * 1.3);
  });
});

describe("QEMU", () => {
  const { driver } = openVmm("qemu");
  const refusal = (bench: VmmBench, change: Partial<VmmBench["spec"]>) =>
    driver.launch(silentProgress(), { ...bench.spec, ...change }).then(
      (vmm: VmMonitor) => vmm.kill().then(() => expect.unreachable("it was launched")),
      (error: unknown) => error,
    );

  test("runs as the slot's user, without capabilities, filtered, holding its TAP with virtio headers", async () => {
    const bench = await makeBench("idle");
    const vmm = await driver.launch(silentProgress(), bench.spec);
    const { pid } = vmm.record.identity;
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const { uid } = bench.spec;
    expect(status).toMatch(new RegExp(`^Uid:\\s+${uid}\\s+${uid}\\s+${uid}\\s+${uid}$`, "m"));
    expect(status).toMatch(new RegExp(`^Groups:\\s+${uid}\\s*$`, "m"));
    expect(status).toMatch(/^CapEff:\s+0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status).toMatch(/^Seccomp:\s+2$/m);
    const [link] = JSON.parse(
      execFileSync("ip", ["-j", "-d", "link", "show", bench.spec.address.tap], { encoding: "utf8" }),
    );
    expect(link.linkinfo.info_data).toMatchObject({ type: "tap", vnet_hdr: true });
    await vmm.kill();
  });

  test("names the process that holds the TAP", async () => {
    const [bench, other] = [await makeBench("idle"), await makeBench("idle")];
    const vmm = await driver.launch(silentProgress(), bench.spec);
    const error = await refusal(other, { address: bench.spec.address });
    expect(error).toMatchObject({
      code: "TAP_BUSY",
      details: { pid: vmm.record.identity.pid, name: bench.spec.address.tap },
    });
    expect(await other.leftovers()).toEqual([]);
    await vmm.kill();
  });

  test("refuses a disk that another VMM writes", async () => {
    const [bench, other] = [await makeBench("idle"), await makeBench("idle")];
    const vmm = await driver.launch(silentProgress(), bench.spec);
    expect(await refusal(other, { disks: bench.spec.disks })).toMatchObject({ code: "DISK_IN_USE" });
    expect(await other.leftovers()).toEqual([]);
    await vmm.kill();
  });

  test("makes no TAP of its own where the planned one is missing", async () => {
    const bench = await makeBench("idle");
    const address = { ...bench.spec.address, tap: "bvt-none" as typeof bench.spec.address.tap };
    expect(await refusal(bench, { address })).toMatchObject({ code: "LINK_NOT_FOUND" });
    expect(readFileSync("/proc/self/net/dev", "utf8")).not.toContain("bvt-none");
  });

  test("refuses a kernel that is gone, and a run directory that is too deep for sockets", async () => {
    const bench = await makeBench("idle");
    expect(await refusal(bench, { kernel: "/nonexistent/vmlinuz" })).toMatchObject({ code: "IMAGE_DAMAGED" });
    expect(await refusal(bench, { runDir: `/tmp/${"d".repeat(110)}` })).toMatchObject({ code: "BAD_CONFIG" });
    expect(await bench.leftovers()).toEqual([]);
  });

  test("that cannot get its memory says that the machine is too small", async () => {
    const bench = await makeBench("idle");
    expect(await refusal(bench, { memoryMib: 8 * 1024 * 1024 })).toMatchObject({
      code: "HOST_OUT_OF_MEMORY",
    });
    expect(await bench.leftovers()).toEqual([]);
  });
});
