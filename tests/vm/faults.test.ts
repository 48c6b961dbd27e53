import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ERRORS, type ErrorCode, makeId, type Vm, VmId } from "@browservm/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeFakeImages } from "../harness/fake-images.ts";
import { HostUnderTest, NOTHING } from "../harness/host-under-test.ts";

/** Each "guest" misbehaves in one way; hostd must name it, say what to do, and leave nothing. */
const MISBEHAVIOURS: ReadonlyArray<{ image: string; plan: string; code: ErrorCode; says?: RegExp }> = [
  { image: "exits", plan: "fake.boot=exit", code: "VMM_EXITED_EARLY" },
  { image: "panics", plan: "fake.boot=panic", code: "GUEST_PANICKED" },
  { image: "starves", plan: "fake.boot=out-of-memory", code: "GUEST_OUT_OF_MEMORY" },
  { image: "mute", plan: "fake.boot=never", code: "GUEST_NEVER_BOOTED", says: /console stayed empty/ },
  { image: "silent", plan: "fake.agent=silent", code: "AGENT_UNREACHABLE" },
  { image: "garbage", plan: "fake.agent=garbage", code: "AGENT_UNREACHABLE" },
  { image: "overlong", plan: "fake.agent=overlong", code: "AGENT_PROTOCOL" },
  { image: "floods", plan: "fake.agent=flood", code: "AGENT_PROTOCOL" },
  { image: "dies", plan: "fake.agent=silent fake.diesAfterMs=1500", code: "VMM_DIED" },
  // The fake attaches to no TAP: the gate must notice that nobody holds it.
  { image: "detached", plan: "", code: "GATE_ATTACH", says: /no process holds it/ },
];

let store: string;
let host: HostUnderTest;

beforeAll(async () => {
  store = await mkdtemp("/tmp/bvt-images-");
  await writeFakeImages(store, Object.fromEntries(MISBEHAVIOURS.map(({ image, plan }) => [image, plan])));
  host = await HostUnderTest.start({
    images: store,
    env: {
      BROWSERVM_VMM__DRIVER: "fake",
      BROWSERVM_LIMITS__TIMEOUT_SCALE: "0.1",
      BROWSERVM_LIMITS__LAUNCHES: "12",
      // They misbehave when they boot; a snapshot of them cannot even be made.
      BROWSERVM_SNAPSHOTS__USE: "never",
      BROWSERVM_NETWORK__CIDR: "192.168.100.0/28",
    },
  });
});

afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await rm(store, { recursive: true, force: true });
});

const freshId = () => VmId.parse(makeId("vm", randomBytes(20)));

describe("a guest that misbehaves", () => {
  const failed = new Map<string, Vm>();

  // Beside each other: most of them are only waited for.
  beforeAll(async () => {
    for (const vm of await Promise.all(MISBEHAVIOURS.map(({ image }) => host.vm({ image }))))
      failed.set(vm.image, vm);
  });

  test.each(MISBEHAVIOURS)("$image is named $code, with a fix", ({ image, code, says }) => {
    const vm = failed.get(image);
    expect(vm?.state).toBe("failed");
    expect(vm?.reason).toMatchObject({ code, fix: ERRORS[code].fix });
    if (says) expect(vm?.reason?.message).toMatch(says);
  });

  test("each leaves its logs, and nothing once it is removed", async () => {
    expect({ ...(await host.remains()), vms: [] }).toEqual(NOTHING);
    await Promise.all([...failed.values()].map(({ id }) => host.client.removeVm(id)));
    expect(await host.remains()).toEqual(NOTHING);
  });

  test("a failed VM keeps its logs until it is removed, and nothing else", async () => {
    const vm = await host.vm({ image: "panics" });
    const remains = await host.remains();
    expect({ ...remains, vms: [] }).toEqual(NOTHING);
    const console = await (
      await host.client.logs(vm.id, { source: "console" }, AbortSignal.timeout(5000))
    ).text();
    expect(console).toContain("Kernel panic");
    await host.client.removeVm(vm.id);
    expect(await host.remains()).toEqual(NOTHING);
  });

  test("with keepFailed everything stays for inspection, and goes with the VM", async () => {
    const vm = await host.vm({ image: "detached", keepFailed: true });
    expect(vm.state).toBe("failed");
    const kept = await host.remains();
    expect([kept.taps.length, kept.processes.length]).toEqual([1, 1]);
    await host.client.removeVm(vm.id);
    expect(await host.remains()).toEqual(NOTHING);
  });
});

describe("what cannot be done is refused before anything is made", () => {
  test("an unknown image", async () => {
    await expect(host.client.createVm({ id: freshId(), image: "nonesuch" })).rejects.toMatchObject({
      code: "IMAGE_NOT_FOUND",
    });
    expect(await host.remains()).toEqual(NOTHING);
  });

  test("a setting with a newline, by its name", async () => {
    await expect(
      host.client.createVm({ id: freshId(), image: "mute", environment: { GREETING: "a\nb" } }),
    ).rejects.toMatchObject({
      code: "ENVIRONMENT_INVALID",
      message: expect.stringContaining("GREETING"),
    });
    expect(await host.remains()).toEqual(NOTHING);
  });

  test("a request outside the contract", async () => {
    const id = "../../etc" as VmId;
    await expect(host.client.createVm({ id, image: "mute" })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });

  test("the same id with other settings; with the same ones it is the same VM", async () => {
    const id = freshId();
    const [one, two] = await Promise.all([
      host.client.createVm({ id, image: "mute" }),
      host.client.createVm({ id, image: "mute" }),
    ]);
    expect(one.address).toEqual(two.address);
    await expect(host.client.createVm({ id, image: "mute", vcpus: 2 })).rejects.toMatchObject({
      code: "VM_CONFLICT",
    });
    await host.client.removeVm(id);
    expect(await host.remains()).toEqual(NOTHING);
  });

  test("one VM more than the range has addresses", async () => {
    const { total } = (await host.client.getHost()).network.slots;
    const ids = Array.from({ length: total }, freshId);
    for (const id of ids) await host.client.createVm({ id, image: "mute" });
    await expect(host.client.createVm({ id: freshId(), image: "mute" })).rejects.toMatchObject({
      code: "SLOTS_EXHAUSTED",
    });
    await Promise.all(ids.map((id) => host.client.removeVm(id)));
    expect(await host.remains()).toEqual(NOTHING);
  });

  test("removing a VM twice", async () => {
    const id = freshId();
    await host.client.createVm({ id, image: "mute" });
    await host.client.removeVm(id);
    await expect(host.client.removeVm(id)).rejects.toMatchObject({ code: "VM_NOT_FOUND" });
  });

  test("calls to a VM that is not ready", async () => {
    const id = freshId();
    await host.client.createVm({ id, image: "mute" });
    await expect(host.client.openStream(id, "ssh")).rejects.toMatchObject({ code: "VM_NOT_READY" });
    await host.client.removeVm(id);
  });
});

describe("what is in the way", () => {
  test("a link that has the TAP's name already is named and left alone", async () => {
    // Which slot comes next is the allocator's choice, so the foreigner takes every name.
    const names = Array.from(
      { length: (await host.client.getHost()).network.slots.total },
      (_, slot) => `bv-${slot}`,
    );
    for (const name of names)
      execFileSync("ip", ["-n", host.namespace, "link", "add", name, "type", "bridge"]);
    const vm = await host.vm({ image: "mute" });
    expect(vm.reason).toMatchObject({ code: "TAP_NAME_TAKEN", message: expect.stringContaining("bv-") });
    await host.client.removeVm(vm.id);
    expect((await host.remains()).taps).toEqual(names);
    for (const name of names) execFileSync("ip", ["-n", host.namespace, "link", "del", name]);
  });

  test("a damaged image is named by its file", async () => {
    const { images } = await host.client.getHost();
    const id = images.find(({ name }) => name === "mute")?.id ?? "";
    await writeFile(join(store, id, "rootfs"), "cut");
    await expect(host.client.createVm({ id: freshId(), image: "mute" })).rejects.toMatchObject({
      code: "IMAGE_DAMAGED",
      details: { path: expect.stringContaining("rootfs") },
    });
    await writeFakeImages(store, { mute: "fake.boot=never" });
  });

  test("a second hostd on the same socket is refused", async () => {
    const { pid } = host;
    await expect(host.startHostd()).rejects.toThrow("ALREADY_RUNNING");
    expect(process.kill(pid, 0)).toBe(true);
  });
});

describe("a hostd that is killed", () => {
  test("in the middle of launches: the next one ends or adopts them and reclaims the rest", async () => {
    const ids = [freshId(), freshId(), freshId()];
    for (const id of ids) await host.client.createVm({ id, image: "silent" });
    await host.end("SIGKILL");
    await host.startHostd();
    for (const id of ids) {
      const vm = await host.settled(id);
      expect(vm.state).toBe("failed");
      await host.client.removeVm(id);
    }
    expect(await host.remains()).toEqual(NOTHING);
  });

  test("leftovers that belong to no VM are reclaimed at the start", async () => {
    await host.end("SIGKILL");
    execFileSync("mkdir", [
      "-p",
      join(host.dir, "s/vms/vm_aaaaaaaaaaaaaaaaaaaa"),
      join(host.dir, "r/vm/junk"),
    ]);
    await host.startHostd();
    expect(await host.remains()).toEqual(NOTHING);
  });
});
