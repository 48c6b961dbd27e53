import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeId, type Vm, VmId } from "@browservm/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HostUnderTest, NOTHING } from "../harness/host-under-test.ts";
import { shIn } from "./in-guest.ts";

// A real guest under QEMU is paused, resumed and forked: the tests with fakes cannot tell whether its memory, its disk
// and its clock are what they were.

let host: HostUnderTest;
let vm: Vm;
beforeAll(async () => {
  host = await HostUnderTest.start({
    env: { BROWSERVM_VMM__DRIVER: "qemu", BROWSERVM_SNAPSHOTS__USE: "never" },
  });
  vm = await host.vm({ image: "tiny" });
  expect(vm.reason).toBeUndefined();
});
afterAll(() => host[Symbol.asyncDispose]());

const sh = (id: VmId, script: string) => shIn(host, id, script);

const told = ({ steps }: Vm, ...names: string[]) =>
  steps
    .slice(-20)
    .filter(({ step }) => names.includes(step))
    .map(({ step, durationMs }) => `${step} ${Math.round(durationMs ?? 0)}`)
    .join(", ");

async function resumed(id: VmId): Promise<Vm> {
  await host.client.resumeVm(id);
  const after = await host.settled(id);
  expect(after.reason).toBeUndefined();
  return after;
}

async function pausedUntilCompressed(id: VmId): Promise<Vm> {
  await host.client.pauseVm(id);
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline) {
    const now = await host.client.getVm(id);
    if (now.paused?.compressed) return now;
    await sleep(200);
  }
  throw new Error("the paused VM was not compressed");
}

/** Mode and owner of a file of the paused VM, or of their directory. */
const modeOf = (file = "") =>
  execFileSync("stat", ["-c", "%a %U", join(host.dir, "s/vms", vm.id, "frozen", file)], {
    encoding: "utf8",
  }).trim();

const clockOffMs = async (id: VmId) => Math.abs(Number(await sh(id, "date +%s%3N")) - Date.now());

test("a guest goes on with its memory, its disk and its programs, and knows the time", async () => {
  await sh(vm.id, "echo memory > /run/mark; echo disk > /var/tmp/mark; sync");
  const pid = await sh(vm.id, "setsid sleep 100000 >/dev/null 2>&1 & echo $!");
  const paused = await host.client.pauseVm(vm.id);
  process.stderr.write(
    `paused: ${JSON.stringify(paused.paused)}; ${told(paused, "freeze", "commit", "free")}\n`,
  );
  expect((await host.remains()).processes).toEqual([]);
  // Nobody but root can enter the directory, and what holds the memory cannot be written by mistake.
  expect(modeOf()).toBe("700 root");
  expect(modeOf("state")).toBe("400 root");
  await sleep(5000);
  const after = await resumed(vm.id);
  process.stderr.write(
    `resumed: ${told(after, "memory", "tap", "restore", "agent", "identity", "verify")}\n`,
  );
  expect(after).toMatchObject({ bootId: vm.bootId, address: vm.address });
  expect(await sh(vm.id, `cat /run/mark /var/tmp/mark; cat /proc/${pid}/comm`)).toBe("memory\ndisk\nsleep");
  expect(await clockOffMs(vm.id)).toBeLessThan(4000);
});

test("a compressed one goes on the same, and takes less", async () => {
  await sh(vm.id, "head -c 20000000 /dev/urandom > /run/big; sha256sum /run/big > /run/sum");
  const { paused } = await pausedUntilCompressed(vm.id);
  process.stderr.write(`compressed: ${JSON.stringify(paused)}\n`);
  expect([modeOf(), modeOf("state.zst")]).toEqual(["700 root", "600 root"]);
  const after = await resumed(vm.id);
  process.stderr.write(`resumed: ${told(after, "memory", "restore", "verify")}\n`);
  expect(await sh(vm.id, "sha256sum -c /run/sum")).toContain("OK");
});

test("a fork is another machine with the same memory and disk, and its source goes on", async () => {
  const id = VmId.parse(makeId("vm", randomBytes(20)));
  await host.client.forkVm(vm.id, { id });
  const fork = await host.settled(id);
  expect(fork.reason).toBeUndefined();
  const source = await host.client.getVm(vm.id);
  process.stderr.write(
    `source stood still: ${told(source, "fork")}; fork: ${told(fork, "copy", "restore", "agent", "identity", "plug", "verify")}\n`,
  );
  const who = "cat /etc/machine-id /etc/hostname /etc/ssh/ssh_host_ed25519_key.pub; ip -4 -o addr show eth0";
  const [one, two] = [(await sh(vm.id, who)).split("\n"), (await sh(id, who)).split("\n")];
  expect(two).toHaveLength(one.length);
  for (const [n, line] of one.entries()) expect(two[n]).not.toBe(line);
  expect(await sh(id, "cat /run/mark /var/tmp/mark; sha256sum -c /run/sum")).toContain(
    "memory\ndisk\n/run/big: OK",
  );
  // Two kernels that have run on draw other bytes in any case; tiny-clones.test.ts compares two that have not.
  expect(fork.identity?.steps.map(({ step }) => step)).toContain("reseed");
  // What one writes the other does not see.
  await sh(id, "echo fork > /var/tmp/mark; sync");
  expect(await sh(vm.id, "cat /var/tmp/mark")).toBe("disk");
  for (const known of [vm.id, id]) expect(await clockOffMs(known)).toBeLessThan(4000);
  await host.client.removeVm(id);
});

test("nothing is left of it", async () => {
  await host.client.pauseVm(vm.id);
  await host.client.removeVm(vm.id);
  expect(await host.remains()).toEqual(NOTHING);
});
