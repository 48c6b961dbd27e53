import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Event, Vm, VmId } from "@browservm/contract";
import { unpackTar } from "modern-tar";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeFakeImages } from "../harness/fake-images.ts";
import { HostUnderTest, NOTHING } from "../harness/host-under-test.ts";
import { newVmId } from "./new-vm-id.ts";

let images: string;
beforeAll(async () => {
  images = mkdtempSync(join(tmpdir(), "bvt-images-"));
  await writeFakeImages(images, { real: "fake.net=stack", panics: "fake.boot=panic" });
});
afterAll(() => rmSync(images, { recursive: true }));

const start = (env: Record<string, string> = {}) =>
  HostUnderTest.start({
    images,
    env: {
      BROWSERVM_VMM__DRIVER: "fake",
      BROWSERVM_LIMITS__STABILITY_SECONDS: "1",
      // Of the tenfold patience that emulation gets a fake guest needs a fifth.
      BROWSERVM_LIMITS__TIMEOUT_SCALE: "0.2",
      ...env,
    },
  });

const inside = (host: HostUnderTest, ...command: string[]) =>
  execFileSync("nsenter", [`--net=/run/netns/${host.namespace}`, ...command], { encoding: "utf8" });

/** All events of this hostd from now on. */
function listen(host: HostUnderTest): { readonly heard: Event[]; stop(): void } {
  const end = new AbortController();
  const heard: Event[] = [];
  const follow = async () => {
    for await (const event of host.client.events({ signal: end.signal })) heard.push(event);
  };
  follow().catch(() => {}); // it ends with the test
  return { heard, stop: () => end.abort() };
}

async function readyVm(host: HostUnderTest): Promise<Vm & { address: NonNullable<Vm["address"]> }> {
  const vm = await host.vm({ image: "real", environment: { API_KEY: "s3cret-value-of-mine" } });
  expect(vm.reason).toBeUndefined();
  if (!vm.address) throw new Error("a ready VM without an address");
  return { ...vm, address: vm.address };
}

const health = async (host: HostUnderTest, id: VmId) => (await host.client.getVm(id)).health;

describe("a VM whose TAP is deleted", () => {
  test("fails at once with the reason, keeps the evidence, and leaves nothing else", async () => {
    await using host = await start();
    const vm = await readyVm(host);
    const { heard, stop } = listen(host);
    await sleep(200);
    inside(host, "ip", "link", "del", vm.address.tap);
    const began = performance.now();
    await expect.poll(async () => (await host.client.getVm(vm.id)).state, { interval: 5 }).toBe("failed");
    expect(performance.now() - began).toBeLessThan(1000);
    const { reason } = await host.client.getVm(vm.id);
    expect(reason).toMatchObject({ code: "TAP_LOST", message: expect.stringContaining(vm.address.tap) });
    await expect.poll(() => heard.map(({ type }) => type), { timeout: 15_000 }).toContain("vm.evidence");
    await expect.poll(() => host.remains(), { timeout: 15_000 }).toEqual({ ...NOTHING, vms: [vm.id] });
    stop();
    expect(heard.find(({ type }) => type === "network.repair")).toMatchObject({
      subject: vm.id,
      data: { code: "tap-missing", outcome: "not-repairable" },
    });

    await host.client.removeVm(vm.id);
    const files = await unpackTar((await host.client.vmEvidence(vm.id)).slice().buffer as ArrayBuffer);
    const text = new Map(
      files.map(({ header, data }) => [header.name.split("/")[1], new TextDecoder().decode(data)]),
    );
    expect([...text.keys()].sort()).toEqual([
      "console.log",
      "counters.json",
      "doctor.json",
      "events.json",
      "journal.log",
      "reason.json",
      "vm.json",
      "vmm.log",
    ]);
    expect(text.get("reason.json")).toContain("TAP_LOST");
    expect(text.get("vm.json")).toContain("API_KEY");
    expect([...text.values()].join()).not.toContain("s3cret-value-of-mine");
    expect(JSON.parse(text.get("doctor.json") ?? "").rootCauses).not.toEqual([]);
    const kept = join(host.dir, "s/failures", vm.id);
    expect(readdirSync(kept).map((name) => statSync(join(kept, name)).mode & 0o777)).toEqual(
      Array(8).fill(0o600),
    );
  });
});

describe("evidence", () => {
  test("of a VM that never got ready is kept too; of one that is well there is none", async () => {
    await using host = await start();
    const failed = await host.vm({ image: "panics" });
    expect(failed.state).toBe("failed");
    expect((await host.client.vmEvidence(failed.id)).length).toBeGreaterThan(1000);
    const vm = await readyVm(host);
    await expect(host.client.vmEvidence(vm.id)).rejects.toMatchObject({ code: "EVIDENCE_NOT_FOUND" });
    await expect(host.client.vmEvidence(newVmId())).rejects.toMatchObject({ code: "VM_NOT_FOUND" });
  });
});

describe("the health of a ready VM", () => {
  test("is told by the doctor's codes when its proof fails, and healthy again afterwards", async () => {
    await using host = await start();
    const vm = await readyVm(host);
    await expect.poll(() => health(host, vm.id), { timeout: 10_000 }).toMatchObject({ verdict: "healthy" });
    process.kill(vm.pid ?? 0, "SIGSTOP");
    await expect
      .poll(() => health(host, vm.id), { timeout: 30_000 })
      .toMatchObject({ verdict: "faults", codes: ["vmm-stopped"] });
    expect((await host.client.getVm(vm.id)).state).toBe("ready");
    process.kill(vm.pid ?? 0, "SIGCONT");
    await expect.poll(() => health(host, vm.id), { timeout: 30_000 }).toMatchObject({ verdict: "healthy" });
  });
});

describe("what people ask for", () => {
  test("fix tells its steps, does them, and looks again; the picture shows bridge, ports and repairs", async () => {
    await using host = await start({ BROWSERVM_NETWORK__HEAL: "never" });
    const vm = await readyVm(host);
    inside(host, "ip", "link", "set", vm.address.tap, "nomaster");
    expect(await host.client.networkPicture()).toMatchObject({
      bridge: { name: "fcbr0", up: true },
      unplugged: [{ vmId: vm.id, tap: vm.address.tap, exists: true }],
      rules: "loaded",
    });
    const step = { code: "tap-orphan", words: `plug ${vm.address.tap} into fcbr0` };
    const told = await host.client.fix({ vmId: vm.id });
    expect(told).toMatchObject({ before: { verdict: "faults" }, steps: [{ ...step, done: false }] });
    expect(told.before.rootCauses).toContain("tap-orphan");
    expect(told.after).toBeUndefined();
    const done = await host.client.fix({ vmId: vm.id, apply: true });
    expect(done.steps).toEqual([{ ...step, done: true }]);
    expect(done.after?.rootCauses).toEqual([]);
    expect(await host.client.fix({ apply: true })).toMatchObject({ steps: [] });
    await expect(host.client.fix({ vmId: newVmId() })).rejects.toMatchObject({ code: "VM_NOT_FOUND" });
    const picture = await host.client.networkPicture();
    expect(picture.unplugged).toEqual([]);
    expect(picture.ports.map(({ kind, isolated, forwarding }) => [kind, isolated, forwarding])).toEqual(
      expect.arrayContaining([
        ["vm", true, true],
        ["canary", true, true],
      ]),
    );
    expect(picture.repairs).toMatchObject([{ code: "tap-orphan", vmId: vm.id, outcome: "repaired" }]);
  });

  test("a restart of hostd takes the watch up again over the VMs that it adopts", async () => {
    await using host = await start();
    const vm = await readyVm(host);
    await host.end("SIGKILL");
    inside(host, "ip", "link", "del", "fcbr0");
    await host.startHostd();
    expect((await host.settled(vm.id)).state).toBe("ready");
    inside(host, "ip", "link", "del", "fcbr0");
    await expect
      .poll(async () => (await host.client.networkPicture()).repairs[0], { timeout: 5000 })
      .toMatchObject({ code: "bridge-missing", outcome: "repaired" });
    const { ports } = await host.client.networkPicture();
    expect(ports.find(({ vmId }) => vmId === vm.id)).toMatchObject({ forwarding: true, isolated: true });
  });
});
