import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Vm } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { freshId, PausingHost } from "./pausing-host.ts";

const machine = PausingHost.ofThisFile();

/** A VM that has passed its second look. */
async function provenVm(): Promise<Vm> {
  const { id } = await machine.readyVm();
  return machine.until(id, ({ provenAt }) => provenAt !== undefined);
}

describe("a claim", () => {
  test("is one's for good: twice by the same is once, and another one is refused", async () => {
    const { id } = await provenVm();
    const first = await machine.client.claimVm(id, { claim: "s_one" });
    expect(first.claimedAt).toBeDefined();
    expect((await machine.client.claimVm(id, { claim: "s_one" })).claimedAt).toBe(first.claimedAt);
    await expect(machine.client.claimVm(id, { claim: "s_two" })).rejects.toMatchObject({
      code: "VM_CLAIMED",
    });
    await machine.host.end("SIGKILL");
    await machine.host.startHostd();
    await machine.host.settled(id);
    await expect(machine.client.claimVm(id, { claim: "s_two" })).rejects.toMatchObject({
      code: "VM_CLAIMED",
    });
  });

  test("of many at once is won by one", async () => {
    const { id } = await provenVm();
    const claims = Array.from({ length: 20 }, (_, n) => machine.client.claimVm(id, { claim: `s_${n}` }));
    const won = (await Promise.allSettled(claims)).filter(({ status }) => status === "fulfilled");
    expect(won).toHaveLength(1);
  });

  test("gives the guest its settings before anybody sees the old ones", async () => {
    const { id } = await provenVm();
    const environment = { GREETING: "hello", SECRET: "x".repeat(1000) };
    await machine.client.claimVm(id, { claim: "s_one", environment, display: { width: 800, height: 600 } });
    expect(await machine.exec(id, "cat", "/etc/browservm/session.env")).toContain('GREETING="hello"');
    const vm = await machine.client.getVm(id);
    expect(vm.steps.at(-1)).toMatchObject({
      step: "settings",
      status: "done",
      durationMs: expect.any(Number),
    });
    await machine.client.pauseVm(id);
    expect((await machine.frozenMemory(id)).display).toEqual({ width: 800, height: 600 });
  });

  test("whose settings did not arrive before hostd was killed is finished by the next one", async () => {
    const { id } = await provenVm();
    await machine.change(id, { agent: "silent" });
    await machine.client.claimVm(id, { claim: "s_one", environment: { GREETING: "again" } });
    const { steps } = await machine.client.getVm(id);
    expect(steps.at(-1)).toMatchObject({ step: "settings", status: "running" });
    await machine.host.end("SIGKILL");
    await machine.change(id, {});
    await machine.host.startHostd();
    await machine.host.settled(id);
    expect(await machine.exec(id, "cat", "/etc/browservm/session.env")).toContain('GREETING="again"');
  });
});

describe("a VM that cannot be claimed", () => {
  test("is one that was not looked at twice, starts, is paused, or never was", async () => {
    const { id } = await machine.readyVm();
    await expect(machine.client.claimVm(id, { claim: "s_1" })).rejects.toMatchObject({
      code: "VM_NOT_READY",
    });
    const starting = freshId();
    await machine.client.createVm({ id: starting, image: "never" });
    await expect(machine.client.claimVm(starting, { claim: "s_1" })).rejects.toMatchObject({
      code: "VM_NOT_READY",
    });
    await machine.client.pauseVm(id);
    await expect(machine.client.claimVm(id, { claim: "s_1" })).rejects.toMatchObject({ code: "VM_PAUSED" });
    await expect(machine.client.claimVm(freshId(), { claim: "s_1" })).rejects.toMatchObject({
      code: "VM_NOT_FOUND",
    });
  });

  test("is one whose agent was not heard for five seconds", async () => {
    const { id } = await provenVm();
    await machine.change(id, { agent: "silent" });
    await sleep(6000); // the time itself is what counts, and nothing shows it before a claim does
    await expect(machine.client.claimVm(id, { claim: "s_1" })).rejects.toMatchObject({
      code: "VM_UNFIT",
      message: expect.stringContaining("agent"),
    });
    await machine.change(id, {});
    const claimed = () => machine.client.claimVm(id, { claim: "s_1" }).then(({ claimedAt }) => claimedAt);
    await expect.poll(claimed, { timeout: 20_000, interval: 200 }).toBeDefined();
  });

  test("is one whose TAP has no carrier", async () => {
    const { id, address } = await provenVm();
    await machine.change(id, { tap: "never" });
    const link = ["-n", machine.host.namespace, "link", "show", address?.tap ?? "no TAP"];
    const flags = () => execFileSync("ip", link, { encoding: "utf8" });
    await expect.poll(flags, { timeout: 10_000 }).toContain("NO-CARRIER");
    await expect(machine.client.claimVm(id, { claim: "s_1" })).rejects.toMatchObject({
      code: "VM_UNFIT",
      message: expect.stringContaining(`${address?.tap} has no carrier`),
    });
  });

  test("is one for settings that no environment can hold", async () => {
    const { id } = await provenVm();
    const tooMuch = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`V${n}`, "x".repeat(30_000)]));
    for (const environment of [{ A: "a\nb" }, tooMuch])
      await expect(machine.client.claimVm(id, { claim: "s_1", environment })).rejects.toMatchObject({
        code: "ENVIRONMENT_INVALID",
      });
    expect((await machine.client.getVm(id)).claimedAt).toBeUndefined();
  });
});

test("a claim takes hostd a few milliseconds", async () => {
  const vms = await Promise.all(Array.from({ length: 6 }, provenVm));
  const times: number[] = [];
  for (const [n, { id }] of vms.entries()) {
    const begun = performance.now();
    await machine.client.claimVm(id, { claim: `s_${n}` });
    times.push(performance.now() - begun);
  }
  times.sort((a, b) => a - b);
  process.stderr.write(`claims in ms: ${times.map((ms) => ms.toFixed(1)).join(" ")}\n`);
  expect(times[2]).toBeLessThan(100);
});

test("a paused VM is compressed in the background, and goes on as before", async () => {
  const { id } = await provenVm();
  const environment = Object.fromEntries(
    Array.from({ length: 5 }, (_, n) => [`V${n}`, "tree ".repeat(6000)]),
  );
  await machine.client.claimVm(id, { claim: "s_1", environment });
  const before = await machine.exec(id, "cat", "/etc/browservm/session.env");
  const { paused } = await machine.client.pauseVm(id);
  const squeezed = await machine.until(id, (vm) => vm.paused?.compressed === true);
  expect(squeezed.paused?.sizeMib).toBeLessThan((paused?.sizeMib ?? 0) / 2);
  execFileSync("test", ["-f", machine.file(id, "frozen/state.zst")]);
  await machine.resumed(id);
  expect(await machine.exec(id, "cat", "/etc/browservm/session.env")).toBe(before);
});
