import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { appendFile, readdir, readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { VmId } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { NOTHING } from "../harness/host-under-test.ts";
import { freshId, PausingHost } from "./pausing-host.ts";

const machine = PausingHost.ofThisFile({ BROWSERVM_SNAPSHOTS__COMPRESS_PAUSED: "false" });

/** A gate that fails has waited for all that might still come. */
const GATE_MS = 90_000;

const refusal = (code: string, says = "") => ({ code, message: expect.stringContaining(says) });

describe("a paused VM", () => {
  test("runs nowhere, holds no TAP and no rule, and keeps its address", async () => {
    const vm = await machine.readyVm();
    const paused = await machine.client.pauseVm(vm.id);
    expect(paused).toMatchObject({ state: "paused", address: vm.address, bootId: vm.bootId });
    expect(paused.pid).toBeUndefined();
    expect(paused.paused?.sizeMib).toBeGreaterThan(0);
    const { taps, elements, processes } = await machine.host.remains();
    expect({ taps, elements, processes }).toEqual({ taps: [], elements: "", processes: [] });
    expect((await machine.client.getHost()).network.slots.used).toBe(1);
  });

  test("is no fault to the doctor, asked about the host or about the VM", async () => {
    const { id } = await machine.pausedVm();
    const host = await machine.client.examine();
    const about = await machine.client.examine(id);
    expect([host.rootCauses, about.rootCauses]).toEqual([[], []]);
    expect(about.verdict).not.toBe("faults");
  });

  test("refuses every call as paused, and shows its console", async () => {
    const { id } = await machine.pausedVm();
    const { client } = machine;
    const { signal } = new AbortController();
    for (const call of [
      () => client.exec(id, { command: ["true"] }, signal),
      () => client.navigate(id, "about:blank"),
      () => client.screenshot(id),
      () => client.resize(id, { width: 800, height: 600 }),
      () => client.authorizeKey(id, `ssh-ed25519 ${"A".repeat(68)}`),
      () => client.logs(id, { source: "journal" }, signal),
      () => client.openStream(id, "ssh"),
      () => client.claimVm(id, { claim: "c_1" }),
    ])
      await expect(call(), String(call)).rejects.toMatchObject({ code: "VM_PAUSED" });
    expect(await (await client.logs(id, { source: "console" }, signal)).text()).toContain("count");
  });

  test("goes on where it was: the same guest, later, with its address, its clock set and its state gone from disk", async () => {
    const vm = await machine.readyVm();
    await expect.poll(() => machine.count(vm.id)).toBeGreaterThan(0);
    await machine.client.pauseVm(vm.id);
    const before = await machine.count(vm.id);
    expect(before).toBeGreaterThan(0);
    await sleep(1500);
    const resumed = await machine.resumed(vm.id);
    expect(resumed).toMatchObject({
      state: "ready",
      address: vm.address,
      bootId: vm.bootId,
      readyAt: vm.readyAt,
    });
    expect(resumed.pid).not.toBe(vm.pid);
    await machine.until(vm.id, ({ paused }) => paused === undefined);
    const after = await machine.count(vm.id);
    expect(after).toBeGreaterThanOrEqual(before);
    expect(after).toBeLessThan(before + 40);
    expect(await readdir(machine.file(vm.id))).not.toContain("frozen");
    expect(await machine.exec(vm.id, "echo", "hello")).toContain("hello");
    (await machine.client.openStream(vm.id, "ssh")).destroy();
  });

  test("can be paused and resumed again and again", async () => {
    const { id } = await machine.readyVm();
    for (let turn = 0; turn < 3; turn++) {
      await machine.client.pauseVm(id);
      await machine.resumed(id);
    }
  });

  test("survives a restart of hostd, and goes on after it", async () => {
    const vm = await machine.pausedVm();
    await machine.host.end();
    await machine.host.startHostd();
    expect(await machine.client.getVm(vm.id)).toMatchObject({ state: "paused", paused: vm.paused });
    expect((await machine.resumed(vm.id)).bootId).toBe(vm.bootId);
  });

  test("is removed with all that it keeps", async () => {
    const { id } = await machine.pausedVm();
    await machine.client.removeVm(id);
    expect(await machine.host.remains()).toEqual(NOTHING);
  });
});

describe("what is asked twice or at the wrong time", () => {
  test("pausing twice at once is one pause, and pausing a paused VM is answered", async () => {
    const { id } = await machine.readyVm();
    const [one, two] = await Promise.all([machine.client.pauseVm(id), machine.client.pauseVm(id)]);
    expect([one.state, two.state]).toEqual(["paused", "paused"]);
    expect((await machine.client.pauseVm(id)).paused).toEqual(one.paused);
  });

  test("resuming twice at once is one resume", async () => {
    const { id } = await machine.pausedVm();
    await Promise.all([machine.client.resumeVm(id), machine.client.resumeVm(id)]);
    expect((await machine.host.settled(id)).state).toBe("ready");
    expect((await machine.host.remains()).processes).toHaveLength(1);
  });

  test("a VM that runs cannot be resumed; one that is starting or has failed can be neither paused nor resumed", async () => {
    const { id } = await machine.readyVm();
    await expect(machine.client.resumeVm(id)).rejects.toMatchObject({ code: "VM_NOT_PAUSED" });
    for (const image of ["never", "panics"] as const) {
      const other = freshId();
      await machine.client.createVm({ id: other, image });
      if (image === "panics") await machine.host.settled(other);
      const asked = performance.now();
      await expect(machine.client.pauseVm(other)).rejects.toMatchObject({ code: "VM_NOT_READY" });
      await expect(machine.client.resumeVm(other)).rejects.toMatchObject({ code: "VM_NOT_PAUSED" });
      // It does not wait for the end of a start.
      expect(performance.now() - asked).toBeLessThan(10_000);
    }
    await expect(machine.client.pauseVm(freshId())).rejects.toMatchObject({ code: "VM_NOT_FOUND" });
  });

  test("whoever is connected is told when the VM is paused", async () => {
    const { id } = await machine.readyVm();
    const stream = await machine.client.openStream(id, "ssh");
    stream.on("error", () => {}); // a reset tells it as well as an end
    stream.resume();
    const closed = once(stream, "close", { signal: AbortSignal.timeout(10_000) });
    await machine.client.pauseVm(id);
    await closed;
  });
});

describe("a pause that fails", () => {
  test("for want of space while it is written leaves the VM as it was, ready and proven", async () => {
    const { id } = await machine.readyVm();
    await machine.change(id, { freeze: "disk-full" });
    await expect(machine.client.pauseVm(id)).rejects.toMatchObject({ code: "DISK_FULL" });
    const vm = await machine.client.getVm(id);
    expect(vm).toMatchObject({ state: "ready" });
    expect(vm.paused).toBeUndefined();
    expect(vm.steps.at(-1)).toMatchObject({ step: "freeze", status: "failed" });
    expect((await readdir(machine.file(id))).filter((name) => name.startsWith("frozen"))).toEqual([]);
    expect(await machine.exec(id, "echo", "still here")).toContain("still here");
    await machine.change(id, {});
    expect((await machine.client.pauseVm(id)).state).toBe("paused");
  });

  test("when its disk is full already does not even stop it", async () => {
    const { id } = await machine.readyVm();
    const directory = machine.file(id);
    await machine.client.pauseVm(id);
    await machine.resumed(id);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", `${machine.host.dir}/s/vms/${id}`]);
    try {
      await expect(machine.client.pauseVm(id)).rejects.toMatchObject({ code: "DISK_FULL" });
      expect((await machine.client.getVm(id)).state).toBe("ready");
    } finally {
      execFileSync("umount", ["-l", directory]);
    }
  });

  test("for a VMM that never ends it is given up, and the guest goes on", async () => {
    const { id } = await machine.readyVm();
    await machine.change(id, { freeze: "hang" });
    await expect(machine.client.pauseVm(id)).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    expect((await machine.client.getVm(id)).state).toBe("ready");
    expect(await machine.exec(id, "echo", "alive")).toContain("alive");
  });

  test("because its VMM died is a failure of the VM", async () => {
    const { id, pid = 0 } = await machine.readyVm();
    await machine.change(id, { freeze: "hang" });
    const pausing = machine.client.pauseVm(id).catch((error) => error);
    await machine.until(id, ({ state }) => state === "pausing");
    process.kill(pid, "SIGKILL");
    expect(await pausing).toMatchObject({ code: "VMM_DIED" });
    const vm = await machine.until(id, ({ state }) => state === "failed");
    expect(vm.reason).toMatchObject({ code: "VMM_DIED" });
  });
});

describe("a VM that is removed", () => {
  test("while it is being paused leaves nothing", async () => {
    const { id } = await machine.readyVm();
    await machine.change(id, { freeze: "hang" });
    const pausing = machine.client.pauseVm(id).catch((error) => error);
    await machine.until(id, ({ state }) => state === "pausing");
    await machine.client.removeVm(id);
    expect(await pausing).toBeInstanceOf(Error);
    expect(await machine.host.remains()).toEqual(NOTHING);
  });

  test("while it is being resumed leaves nothing", async () => {
    const { id } = await machine.pausedVm();
    await machine.client.resumeVm(id);
    await machine.begun(id, "restore");
    await machine.client.removeVm(id);
    expect(await machine.host.remains()).toEqual(NOTHING);
  });
});

describe("a resume that cannot be", () => {
  const manifest = (id: VmId) => machine.file(id, "frozen", "manifest.json");
  const alter = async (id: VmId, from: string | RegExp, to: string) =>
    writeFile(manifest(id), (await readFile(manifest(id), "utf8")).replace(from, to));

  test.each<[string, string, (id: VmId) => Promise<unknown>, string]>([
    [
      "of a state that was cut",
      "SNAPSHOT_DAMAGED",
      (id) => truncate(machine.file(id, "frozen/state"), 100),
      "state",
    ],
    [
      "of a state that is missing",
      "SNAPSHOT_DAMAGED",
      (id) => rm(machine.file(id, "frozen/state")),
      "missing",
    ],
    [
      "of a state that was altered",
      "SNAPSHOT_DAMAGED",
      async (id) => {
        const text = await readFile(machine.file(id, "frozen/state"), "utf8");
        await writeFile(machine.file(id, "frozen/state"), text.replace("bootId", "bootID"));
      },
      "altered",
    ],
    ["without a manifest", "SNAPSHOT_DAMAGED", (id) => rm(manifest(id)), "manifest"],
    [
      "on a disk that was written meanwhile",
      "SNAPSHOT_DAMAGED",
      (id) => appendFile(machine.file(id, "overlay.img"), "x"),
      "overlay",
    ],
    [
      "by another VMM",
      "SNAPSHOT_MISMATCH",
      (id) => alter(id, '"vmm":"fake"', '"vmm":"fake 0.9"'),
      "fake 0.9",
    ],
    ["on another processor", "SNAPSHOT_MISMATCH", (id) => alter(id, '"cpu":"none"', '"cpu":"Z80"'), "Z80"],
    [
      "by another driver",
      "SNAPSHOT_MISMATCH",
      (id) => alter(id, '"driver":"fake"', '"driver":"qemu"'),
      "qemu",
    ],
  ])("%s is refused before anything changes", async (_, code, harm, says) => {
    const { id } = await machine.pausedVm();
    await harm(id);
    await expect(machine.client.resumeVm(id)).rejects.toMatchObject(refusal(code, says));
    const vm = await machine.client.getVm(id);
    expect(vm.state).toBe("paused");
    expect((await machine.host.remains()).processes).toEqual([]);
  });

  test("for its VMM refuses the state leaves it paused with the reason, and it can be tried again", async () => {
    const { id, bootId } = await machine.pausedVm();
    await machine.plan("stack", "fake.net=stack fake.restore=damaged");
    try {
      await machine.client.resumeVm(id);
      const vm = await machine.until(id, ({ state, reason }) => state === "paused" && reason !== undefined);
      expect(vm.reason).toMatchObject({ code: "SNAPSHOT_DAMAGED" });
      const { taps, processes } = await machine.host.remains();
      expect({ taps, processes }).toEqual({ taps: [], processes: [] });
    } finally {
      await machine.replan("stack");
    }
    const resumed = await machine.resumed(id);
    expect(resumed.bootId).toBe(bootId);
  });

  test("for its gate fails leaves it paused while its guest has not written its disk", async () => {
    const { id } = await machine.pausedVm();
    await machine.change(id, { nonce: "lie" });
    await machine.client.resumeVm(id);
    const vm = await machine.until(
      id,
      ({ state, reason }) => state === "paused" && reason !== undefined,
      GATE_MS,
    );
    expect(vm.reason?.code).toMatch(/^GATE_/);
    await machine.resumed(id);
  });

  test("for its gate fails is a failure with evidence once its guest has written its disk", async () => {
    const { id } = await machine.pausedVm();
    await machine.change(id, { nonce: "lie" });
    await machine.client.resumeVm(id);
    await machine.until(id, ({ state }) => state === "verifying");
    await utimes(machine.file(id, "overlay.img"), new Date(), new Date());
    const vm = await machine.until(id, ({ state }) => state === "failed", GATE_MS);
    expect(vm.reason?.code).toMatch(/^GATE_/);
    expect((await machine.client.vmEvidence(id)).length).toBeGreaterThan(0);
  });
});
