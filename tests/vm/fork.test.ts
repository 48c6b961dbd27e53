import { execFileSync } from "node:child_process";
import { readdir } from "node:fs/promises";
import type { Vm, VmId } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { NOTHING } from "../harness/host-under-test.ts";
import { freshId, PausingHost } from "./pausing-host.ts";

const machine = PausingHost.ofThisFile({ BROWSERVM_NETWORK__CIDR: "192.168.100.0/29" });

async function fork(source: Vm): Promise<Vm> {
  const id = freshId();
  await machine.client.forkVm(source.id, { id });
  const vm = await machine.host.settled(id);
  expect(vm.reason).toBeUndefined();
  return vm;
}

const whoIs = async (id: VmId) => ({
  machineId: await machine.exec(id, "cat", "/etc/machine-id"),
  hostname: await machine.exec(id, "cat", "/etc/hostname"),
  random: await machine.exec(id, "cat", "/dev/urandom"),
});

describe("a fork", () => {
  test("of a running VM is another machine that begins where it was, and the source goes on", async () => {
    const source = await machine.readyVm();
    await expect.poll(() => machine.count(source.id)).toBeGreaterThan(2);
    const before = await machine.count(source.id);
    const forked = await fork(source);
    expect(forked).toMatchObject({ origin: "fork", state: "ready", image: source.image });
    expect(forked.address?.ip).not.toBe(source.address?.ip);
    expect(forked.address?.mac).not.toBe(source.address?.mac);
    const [one, two] = [await whoIs(source.id), await whoIs(forked.id)];
    expect(two.machineId).not.toBe(one.machineId);
    expect(two.hostname).not.toBe(one.hostname);
    expect(two.random).not.toBe(one.random);
    // It goes on with the number at which its source was stopped.
    const [first = 0] = await machine.counts(forked.id);
    expect(first).toBeGreaterThan(before);
    expect(first).toBeLessThan(await machine.count(source.id));
    const after = await machine.client.getVm(source.id);
    expect(after).toMatchObject({
      state: "ready",
      address: source.address,
      bootId: source.bootId,
      pid: source.pid,
    });
    const told = after.steps.find(({ step }) => step === "fork");
    expect(told).toMatchObject({ status: "done", durationMs: expect.any(Number) });
    expect(await readdir(machine.file(forked.id))).not.toContain("frozen");
  });

  test("of a paused VM leaves it paused, and both can go on", async () => {
    const source = await machine.pausedVm();
    const forked = await fork(source);
    expect(forked.state).toBe("ready");
    expect((await machine.client.getVm(source.id)).state).toBe("paused");
    const resumed = await machine.resumed(source.id);
    expect(resumed.address?.ip).not.toBe(forked.address?.ip);
  });

  test("can be paused, resumed and forked itself", async () => {
    const forked = await fork(await machine.readyVm());
    await machine.client.pauseVm(forked.id);
    expect((await machine.resumed(forked.id)).bootId).toBe(forked.bootId);
    expect((await fork(forked)).state).toBe("ready");
  });

  test("asked for twice is one VM; its id for another source is a conflict", async () => {
    const [one, two] = [await machine.readyVm(), await machine.readyVm()];
    const id = freshId();
    const [a, b] = await Promise.all([
      machine.client.forkVm(one.id, { id }),
      machine.client.forkVm(one.id, { id }),
    ]);
    expect(a.address).toEqual(b.address);
    await expect(machine.client.forkVm(two.id, { id })).rejects.toMatchObject({ code: "VM_CONFLICT" });
    await expect(machine.client.forkVm(one.id, { id: two.id })).rejects.toMatchObject({
      code: "VM_CONFLICT",
    });
    expect((await machine.host.settled(id)).state).toBe("ready");
  });
});

describe("a fork that cannot be", () => {
  test("of a VM that has failed, starts, or never was", async () => {
    const failed = await machine.host.vm({ image: "panics" });
    const starting = freshId();
    await machine.client.createVm({ id: starting, image: "never" });
    for (const id of [failed.id, starting])
      await expect(machine.client.forkVm(id, { id: freshId() })).rejects.toMatchObject({
        code: "VM_NOT_READY",
      });
    await expect(machine.client.forkVm(freshId(), { id: freshId() })).rejects.toMatchObject({
      code: "VM_NOT_FOUND",
    });
  });

  test("for want of an address is refused before anything is frozen", async () => {
    const source = await machine.readyVm();
    const { total, used } = (await machine.client.getHost()).network.slots;
    for (let n = used; n < total; n++) await machine.client.createVm({ id: freshId(), image: "never" });
    await expect(machine.client.forkVm(source.id, { id: freshId() })).rejects.toMatchObject({
      code: "SLOTS_EXHAUSTED",
    });
    const { steps } = await machine.client.getVm(source.id);
    expect(steps.map(({ step }) => step)).not.toContain("fork");
  });

  test("for want of space fails with that reason, leaves nothing, and the source goes on", async () => {
    const source = await machine.readyVm();
    await machine.change(source.id, { freeze: "disk-full" });
    const id = freshId();
    await machine.client.forkVm(source.id, { id });
    const vm = await machine.host.settled(id);
    expect(vm.reason).toMatchObject({ code: "DISK_FULL" });
    await machine.client.removeVm(id);
    expect((await machine.host.remains()).vms).toEqual([source.id]);
    expect(await machine.exec(source.id, "echo", "goes on")).toContain("goes on");
  });

  test("because its guest takes no other identity is named so, and the source goes on", async () => {
    const source = await machine.readyVm();
    await machine.plan("stack", "fake.net=stack fake.identity=refuse");
    try {
      const id = freshId();
      await machine.client.forkVm(source.id, { id });
      const vm = await machine.host.settled(id);
      expect(vm.reason).toMatchObject({ code: "IDENTITY_NOT_TAKEN" });
    } finally {
      await machine.replan("stack");
    }
    expect(await machine.exec(source.id, "echo", "goes on")).toContain("goes on");
  });

  test("because its source is removed meanwhile leaves nothing of either", async () => {
    const source = await machine.readyVm();
    await machine.change(source.id, { freeze: "hang" });
    const id = freshId();
    await machine.client.forkVm(source.id, { id });
    await machine.until(source.id, ({ steps }) => steps.at(-1)?.step === "fork");
    await machine.client.removeVm(source.id);
    expect((await machine.host.settled(id)).state).toBe("failed");
    await machine.client.removeVm(id);
    expect(await machine.host.remains()).toEqual(NOTHING);
  });

  test("because it is removed itself meanwhile lets the source go on", async () => {
    const source = await machine.readyVm();
    await machine.change(source.id, { freeze: "hang" });
    const id = freshId();
    await machine.client.forkVm(source.id, { id });
    await machine.until(source.id, ({ steps }) => steps.at(-1)?.step === "fork");
    await machine.client.removeVm(id);
    expect(await machine.exec(source.id, "echo", "goes on")).toContain("goes on");
    expect(execFileSync("ip", ["-n", machine.host.namespace, "link"], { encoding: "utf8" })).toContain(
      source.address?.tap ?? "no TAP",
    );
  });
});
