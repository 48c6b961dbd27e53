import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, statSync, truncateSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { ExecFrame, makeId, type Snapshot, type Vm, VmId } from "@browservm/contract";

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { writeFakeImages } from "../harness/fake-images.ts";
import { HostUnderTest, NOTHING } from "../harness/host-under-test.ts";

// Golden snapshots with a real hostd on a real kernel; the guests are fakes with real network stacks.

let images: string;
beforeAll(async () => {
  images = await mkdtemp("/tmp/bvt-images-");
  await writeFakeImages(images, {
    good: "fake.net=stack",
    slow: "fake.net=stack fake.bootMs=4000",
    refuses: "fake.net=stack fake.identity=refuse",
    mute: "fake.net=stack fake.identity=mute",
    leaks: "fake.net=stack fake.restore=leak fake.identity=refuse",
    "keeps-mac": "fake.net=stack fake.forget=mac",
    "keeps-address": "fake.net=stack fake.forget=address",
    dies: "fake.net=stack fake.boot=exit",
    full: "fake.net=stack fake.freeze=disk-full",
    broken: "fake.net=stack fake.restore=damaged",
  });
  host = await start();
});

let host: HostUnderTest;
const start = (env: Record<string, string> = {}) =>
  HostUnderTest.start({
    images,
    env: { BROWSERVM_VMM__DRIVER: "fake", BROWSERVM_LIMITS__TIMEOUT_SCALE: "0.15", ...env },
  });
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await rm(images, { recursive: true });
});
afterEach(async () => {
  await Promise.all((await host.client.listVms()).map(({ id }) => host.client.removeVm(id)));
  expect(await host.remains()).toEqual(NOTHING);
  for (const { id, state } of await snapshots()) if (state === "ready") await host.client.removeSnapshot(id);
});

const newId = () => VmId.parse(makeId("vm", randomBytes(20)));
const snapshots = () => host.client.listSnapshots();
/** One hostd serves all tests: what failed in one is remembered in the next. */
const snapshotsOf = async (image: string) => (await snapshots()).filter((one) => one.image === image);
const stepsOf = ({ steps }: Vm) => steps.map(({ step }) => step);

async function read(vm: Vm, path: string): Promise<string> {
  const reply = await host.client.exec(vm.id, { command: ["cat", path] }, AbortSignal.timeout(20_000));
  const [first = ""] = (await reply.text()).split("\n");
  const frame = ExecFrame.parse(JSON.parse(first));
  if (frame.type !== "output") throw new Error(`${path} cannot be read: ${first}`);
  return frame.data;
}

async function made(image: string): Promise<Snapshot> {
  const { id } = await host.client.makeSnapshot({ image });
  const stateNow = async () => (await snapshots()).find((one) => one.id === id)?.state;
  await expect.poll(stateNow, { timeout: 120_000 }).not.toBe("building");
  const snapshot = (await snapshots()).find((one) => one.id === id);
  if (!snapshot) throw new Error(`${id} is gone`);
  return snapshot;
}

test("the first VM of an image has a snapshot made, and starts from it; so do all that follow", async () => {
  const first = await host.vm({ image: "good" });
  expect(first).toMatchObject({ state: "ready", origin: "snapshot", gate: { verdict: "pass" } });
  expect(stepsOf(first)).toEqual(
    expect.arrayContaining(["snapshot", "tap", "restore", "agent", "identity", "plug", "verify"]),
  );
  expect(stepsOf(first)).not.toContain("boot");
  expect(first.identity?.steps.length).toBeGreaterThan(0);
  const second = await host.vm({ image: "good" });
  expect(second).toMatchObject({ state: "ready", origin: "snapshot", snapshotId: first.snapshotId });
  expect(await snapshotsOf("good")).toMatchObject([
    { id: first.snapshotId, state: "ready", image: "good", users: 2, current: true },
  ]);
  expect(second.timing?.totalMs).toBeGreaterThan(second.timing?.waitedMs ?? Number.NaN);
});

test("20 clones that start at once are 20 machines, and none spoke as the one that was frozen", async () => {
  await made("good");
  const clones = await Promise.all(Array.from({ length: 20 }, () => host.vm({ image: "good" })));
  expect(clones.map(({ state, origin }) => `${state} ${origin}`)).toEqual(Array(20).fill("ready snapshot"));
  const distinct = (values: readonly unknown[]) => expect(new Set(values).size).toBe(20);
  distinct(clones.map(({ address }) => address?.mac));
  distinct(clones.map(({ address }) => address?.ip));
  for (const path of [
    "/etc/hostname",
    "/etc/machine-id",
    "/etc/ssh/ssh_host_ed25519_key.pub",
    "/dev/urandom",
  ])
    distinct(await Promise.all(clones.map((clone) => read(clone, path))));
  // A frame with another MAC or address than the clone's own would have been counted.
  const rules = execFileSync("nsenter", [`--net=/run/netns/${host.namespace}`, "nft", "list", "ruleset"], {
    encoding: "utf8",
  });
  const spoofed = [...rules.matchAll(/"bv-\d+" counter packets (\d+) bytes \d+/g)].map(([, count]) => count);
  const refused = rules.match(/set spoofed_(mac|arp|ipv4) \{[^}]*\{[^}]*\}/g)?.join("\n") ?? "";
  expect(spoofed.length).toBeGreaterThan(60);
  expect(refused).toMatch(/packets 0 /);
  expect(refused).not.toMatch(/packets [1-9]/);
});

describe("a clone that does not become another machine", () => {
  const FATES = {
    refuses: "failed: IDENTITY_NOT_TAKEN",
    mute: "failed: IDENTITY_NOT_TAKEN",
    "keeps-mac": "failed: GATE_GUEST",
    "keeps-address": "failed: GATE_GUEST",
  };

  test("is never ready, and leaves nothing", async () => {
    // Beside each other: most of them are only waited for.
    const clones = await Promise.all(Object.keys(FATES).map((image) => host.vm({ image })));
    const fates = clones.map(({ image, state, reason }) => [image, `${state}: ${reason?.code}`]);
    expect(Object.fromEntries(fates)).toEqual(FATES);
    expect({ ...(await host.remains()), vms: [] }).toEqual(NOTHING);
  });

  test("has sent nothing by then, although it still held the network of the frozen one", async () => {
    const vm = await host.vm({ image: "leaks", keepFailed: true });
    expect(vm).toMatchObject({ state: "failed", reason: { code: "IDENTITY_NOT_TAKEN" } });
    const [link] = JSON.parse(
      execFileSync("ip", ["-n", host.namespace, "-s", "-j", "link", "show", vm.address?.tap ?? ""], {
        encoding: "utf8",
      }),
    );
    expect(link).toMatchObject({ operstate: "DOWN", stats64: { rx: { packets: 0 } } });
    expect(link.master).toBeUndefined();
    const fdb = execFileSync("bridge", ["-n", host.namespace, "fdb"], { encoding: "utf8" });
    expect(fdb).not.toContain(vm.address?.mac ?? "no MAC");
  });
});

describe("without a snapshot", () => {
  test("a VM boots when it asks for it, when it has sizes of its own, and when the setting says so", async () => {
    expect(await host.vm({ image: "good", start: "boot" })).toMatchObject({ state: "ready", origin: "boot" });
    expect(await host.vm({ image: "good", memoryMib: 256 })).toMatchObject({
      state: "ready",
      origin: "boot",
    });
    expect(await snapshotsOf("good")).toEqual([]);
    await using never = await start({ BROWSERVM_SNAPSHOTS__USE: "never" });
    expect(await never.vm({ image: "good" })).toMatchObject({ state: "ready", origin: "boot" });
    expect((await never.client.getHost()).snapshots).toMatchObject({ usable: false });
    await expect(never.client.makeSnapshot({ image: "good" })).rejects.toMatchObject({
      code: "SNAPSHOT_UNSUPPORTED",
    });
  });

  test("one that insists gets one of its own sizes, which others then use", async () => {
    const vm = await host.vm({ image: "good", memoryMib: 256, start: "restore" });
    expect(vm).toMatchObject({ state: "ready", origin: "snapshot" });
    expect(await host.vm({ image: "good", memoryMib: 256 })).toMatchObject({ snapshotId: vm.snapshotId });
  });

  test("that cannot be made, a VM boots all the same, and the reason is told", async () => {
    const vm = await host.vm({ image: "full" });
    expect(vm).toMatchObject({ state: "ready", origin: "boot" });
    expect(await snapshotsOf("full")).toMatchObject([
      { state: "failed", reason: { code: "DISK_FULL", message: expect.stringContaining("freeze") } },
    ]);
    expect(await host.vm({ image: "full", start: "restore" })).toMatchObject({
      state: "failed",
      reason: { code: "SNAPSHOT_FAILED" },
    });
  });

  test("of an image that does not even boot, the VM tells why", async () => {
    expect(await host.vm({ image: "dies" })).toMatchObject({
      state: "failed",
      reason: { code: "VMM_EXITED_EARLY" },
    });
  });
});

describe("a damaged snapshot", () => {
  const filesOf = (id: string) => join(host.dir, "s/snapshots", id);
  const largestOf = (directory: string) =>
    readdirSync(directory, { recursive: true, encoding: "utf8" })
      .map((name) => join(directory, name))
      .filter((path) => statSync(path).isFile() && !path.endsWith(".json"))
      .toSorted((a, b) => statSync(b).size - statSync(a).size)[0] ?? "";

  test("that was cut is made anew for the next VM", async () => {
    const { id } = await made("good");
    truncateSync(largestOf(filesOf(id)), 10);
    expect(await host.vm({ image: "good" })).toMatchObject({ state: "ready", origin: "snapshot" });
    expect(await snapshotsOf("good")).toMatchObject([{ id, state: "ready" }]);
  });

  test("that its VMM refuses is booted around", async () => {
    expect(await host.vm({ image: "broken" })).toMatchObject({ state: "ready", origin: "boot" });
    expect(await host.vm({ image: "broken", start: "restore" })).toMatchObject({ state: "failed" });
  });
});

test("a snapshot in use is not removed, and one that is not leaves nothing", async () => {
  const vm = await host.vm({ image: "good" });
  const id = vm.snapshotId ?? "";
  await expect(host.client.removeSnapshot(id)).rejects.toMatchObject({ code: "SNAPSHOT_IN_USE" });
  await host.client.removeVm(vm.id);
  await host.client.removeSnapshot(id);
  expect(await snapshotsOf("good")).toEqual([]);
  await expect(host.client.removeSnapshot(id)).rejects.toMatchObject({ code: "SNAPSHOT_NOT_FOUND" });
});

test("few snapshots are kept, the longest unused go first", async () => {
  await using tidy = await start({ BROWSERVM_SNAPSHOTS__KEEP: "2" });
  for (const memoryMib of [128, 256, 384]) {
    const vm = await tidy.vm({ image: "good", memoryMib, start: "restore" });
    await tidy.client.removeVm(vm.id);
  }
  const left = await tidy.client.listSnapshots();
  expect(left.map(({ memoryMib }) => memoryMib).toSorted()).toEqual([256, 384]);
});

describe("a hostd that is killed", () => {
  test("while a snapshot is made: nothing of it is left, and the VM that waited gets its own", async () => {
    const id = (await host.client.createVm({ image: "slow", id: newId() })).id;
    await expect.poll(async () => (await snapshotsOf("slow"))[0]?.step, { timeout: 20_000 }).toBe("boot");
    await host.end("SIGKILL");
    await host.startHostd();
    expect(await host.settled(id)).toMatchObject({ state: "ready", origin: "snapshot" });
    expect(await snapshotsOf("slow")).toMatchObject([{ state: "ready", users: 1 }]);
  });

  test("while VMs are restored: each is ready in the end, as one machine", async () => {
    await made("good");
    const vms = await Promise.all(
      Array.from({ length: 6 }, () => host.client.createVm({ image: "good", id: newId() })),
    );
    const states = async () => (await host.client.listVms()).map(({ state }) => state);
    await expect.poll(states, { timeout: 20_000, interval: 10 }).toContain("restoring");
    await host.end("SIGKILL");
    await host.startHostd();
    const settled = await Promise.all(vms.map(({ id }) => host.settled(id)));
    expect(settled.map(({ state }) => state)).toEqual(Array(6).fill("ready"));
    expect(new Set(settled.map(({ address }) => address?.mac)).size).toBe(6);
  });
});
