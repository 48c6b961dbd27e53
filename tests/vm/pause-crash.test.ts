import { readdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Vm } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { freshId, PausingHost } from "./pausing-host.ts";

const machine = PausingHost.ofThisFile();

/** hostd is killed, and comes again. */
async function crash(): Promise<void> {
  await machine.host.end("SIGKILL");
  await machine.host.startHostd();
}

const SETTLED = ["ready", "paused", "failed"];

/** What the new hostd makes of the VM: either it runs, or it is paused with all its files; never both, never neither. */
async function settled(vm: Vm): Promise<Vm> {
  const after = await machine.until(vm.id, ({ state }) => SETTLED.includes(state), 60_000);
  expect(after, JSON.stringify(after.reason)).toMatchObject({
    state: expect.stringMatching(/^(ready|paused)$/),
    bootId: vm.bootId,
    address: vm.address,
  });
  const isPaused = after.state === "paused";
  const kept = async () => (await readdir(machine.file(vm.id))).filter((name) => name.startsWith("frozen"));
  // What it went on from is removed when it is ready already.
  await expect.poll(kept, { timeout: 10_000 }).toEqual(isPaused ? ["frozen"] : []);
  expect((await machine.host.remains()).processes).toHaveLength(isPaused ? 0 : 1);
  return after;
}

describe("a hostd that is killed", () => {
  test.each([
    ["freeze", { freeze: "hang" }, /^ready$/],
    ["commit", {}, /^(ready|paused)$/], // before it renames the directory, or after
    ["free", {}, /^paused$/],
  ])("in step `%s` of a pause loses nothing of the VM", async (step, changes, end) => {
    const vm = await machine.readyVm();
    await machine.looked(vm.id);
    await machine.change(vm.id, changes);
    const pausing = machine.client.pauseVm(vm.id).catch((error) => error);
    await machine.begun(vm.id, step);
    await crash();
    expect(await pausing, "hostd was killed too late").toBeInstanceOf(Error);
    const after = await settled(vm);
    expect(after.reason).toBeUndefined();
    expect(after.state).toMatch(end);
    if (after.state === "paused") expect((await machine.resumed(vm.id)).bootId).toBe(vm.bootId);
    expect(await machine.exec(vm.id, "echo", "here")).toContain("here");
  });

  test("at any moment of pausing and resuming loses nothing of the VM", async () => {
    const vm = await machine.readyVm();
    const ends = { ready: 0, paused: 0 };
    const turns = { ready: 0, paused: 0 };
    for (let turn = 0; turn < 24; turn++) {
      const isRunning = (await machine.client.getVm(vm.id)).state === "ready";
      if (isRunning) await machine.looked(vm.id);
      const acting = isRunning ? machine.client.pauseVm(vm.id) : machine.client.resumeVm(vm.id);
      const acted = acting.catch(() => {});
      // Somewhere in the first quarter of its time, then in the second, and so on.
      const quarter = (isRunning ? turns.ready++ : turns.paused++) % 4;
      await sleep(((quarter + Math.random()) / 4) * (isRunning ? 300 : 3500));
      await crash();
      await acted;
      const after = await settled(vm);
      if (after.state === "ready") ends.ready++;
      else ends.paused++;
    }
    process.stderr.write(`hostd was killed 24 times: ${JSON.stringify(ends)}\n`);
    expect(Math.min(ends.ready, ends.paused)).toBeGreaterThan(0);
    if ((await machine.client.getVm(vm.id)).state === "paused") await machine.resumed(vm.id);
    expect(await machine.exec(vm.id, "echo", "still the same")).toContain("still the same");
  });

  test("while a VM is forked lets the source go on, and ends the fork with a reason", async () => {
    const vm = await machine.readyVm();
    await machine.change(vm.id, { freeze: "hang" });
    const id = freshId();
    await machine.client.forkVm(vm.id, { id });
    await machine.until(vm.id, ({ steps }) => steps.at(-1)?.step === "fork");
    await crash();
    const fork = await machine.until(id, ({ state }) => state === "failed", 60_000);
    expect(fork.reason).toMatchObject({ code: "VMM_DIED" });
    const source = await machine.until(vm.id, ({ state }) => SETTLED.includes(state), 60_000);
    expect(source).toMatchObject({ state: "ready", bootId: vm.bootId });
    expect(await machine.exec(vm.id, "echo", "goes on")).toContain("goes on");
  });
});
