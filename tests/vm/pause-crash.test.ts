import { readdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Vm } from "@browservm/contract";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { NOTHING } from "../harness/host-under-test.ts";
import { freshId, PausingHost } from "./pausing-host.ts";

let machine: PausingHost;
beforeAll(async () => {
  machine = await PausingHost.start();
});
afterAll(() => machine[Symbol.asyncDispose]());
afterEach(async () => {
  for (const { id } of await machine.client.listVms()) await machine.client.removeVm(id);
  expect(await machine.host.remains()).toEqual(NOTHING);
});

/** hostd is killed, and comes again. */
async function crash(): Promise<void> {
  await machine.host.end("SIGKILL");
  await machine.host.startHostd();
}

const SETTLED = ["ready", "paused", "failed"];

/** What the new hostd makes of the VM. */
const settled = (vm: Vm) => machine.until(vm.id, ({ state }) => SETTLED.includes(state), 60_000);

describe("a hostd that is killed", () => {
  test.each(["freeze", "commit", "free"])("in step `%s` of a pause loses nothing of the VM", async (step) => {
    const vm = await machine.readyVm();
    await machine.looked(vm.id);
    const begun = machine.begun(vm.id, step);
    await sleep(200); // until it listens
    const pausing = machine.client.pauseVm(vm.id).catch(() => {});
    await begun;
    await crash();
    await pausing;
    const after = await settled(vm);
    expect(after.reason).toBeUndefined();
    expect(after.bootId).toBe(vm.bootId);
    if (after.state === "paused") expect((await machine.resumed(vm.id)).bootId).toBe(vm.bootId);
    expect(await machine.exec(vm.id, "echo", "here")).toContain("here");
  });

  test("at any moment of pausing and resuming loses nothing of the VM", async () => {
    const vm = await machine.readyVm();
    const ends = { ready: 0, paused: 0 };
    for (let turn = 0; turn < 24; turn++) {
      const { state } = await machine.client.getVm(vm.id);
      const isRunning = state === "ready";
      if (isRunning) await machine.looked(vm.id);
      const acting = isRunning ? machine.client.pauseVm(vm.id) : machine.client.resumeVm(vm.id);
      const acted = acting.catch(() => {});
      await sleep(Math.random() * (isRunning ? 300 : 3500));
      await crash();
      await acted;
      const after = await settled(vm);
      expect(after, `turn ${turn}, from ${state}: ${JSON.stringify(after.reason)}`).toMatchObject({
        state: expect.stringMatching(/^(ready|paused)$/),
        bootId: vm.bootId,
        address: vm.address,
      });
      if (after.state === "ready") ends.ready++;
      else ends.paused++;
      const kept = (await readdir(machine.file(vm.id))).filter((name) => name.startsWith("frozen"));
      expect(kept).toEqual(after.state === "paused" ? ["frozen"] : []);
      expect((await machine.host.remains()).processes).toHaveLength(after.state === "paused" ? 0 : 1);
    }
    process.stderr.write(`hostd was killed 24 times: ${JSON.stringify(ends)}\n`);
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
    expect((await settled(vm)).state).toBe("ready");
    expect(await machine.exec(vm.id, "echo", "goes on")).toContain("goes on");
  });
});
