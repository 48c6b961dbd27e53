import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { DoctorReport, type LastSeen, type VmAddress } from "@browservm/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Check, fail, manual, pass } from "../../packages/host/src/doctor/check.ts";
import { Doctor, type DoctorTools } from "../../packages/host/src/doctor/doctor.ts";
import type { DoctorVm } from "../../packages/host/src/doctor/sight/doctor-vm.ts";
import type { VmSubject } from "../../packages/host/src/doctor/sight/vm-sight.ts";
import { identify } from "../../packages/host/src/process/identity.ts";
import { end, FakeGuest, must } from "./fake-guest.ts";
import { InsideGuest, serveAgent } from "./inside-guest.ts";
import { newVmId } from "./new-vm-id.ts";
import { openTestNetwork, type TestNetwork } from "./test-network.ts";

const NONCE = "n".repeat(32);

let net: TestNetwork;
let doctor: Doctor;
let guest: FakeGuest;
let inside: InsideGuest;
let agent: ChildProcess;
let address: VmAddress;
const vmId = newVmId();
const vms: DoctorVm[] = [];

/** A doctor who knows no cause at all, only that pings are dead. */
const pingDead: Check<VmSubject> = {
  code: "guest-ping-dead",
  layer: "service",
  title: "The guest answers pings",
  dependsOn: [],
  breaks: [],
  shows: "ping",
  explanation: { symptom: "s", cause: "c", evidence: "e", fix: manual("look") },
  judge: ({ vm: { probe } }) =>
    probe?.toGuest.pings.some(({ ok }) => ok)
      ? pass("icmp", "host → guest", "answered")
      : fail("no ping is answered", []),
};

beforeAll(async () => {
  net = await openTestNetwork();
  await net.network.ensure();
  address = net.network.reserve(vmId);
  await net.network.plug(address, 200_000 + address.slot);
  guest = await FakeGuest.start({ address });
  inside = new InsideGuest(guest);
  agent = serveAgent(guest, { vmId, nonce: NONCE });
  await once(agent.stdout ?? agent, "data");
  vms.push({
    vmId,
    state: "ready",
    hasBrowser: false,
    port: "tap",
    identity: identify(guest.vmm.pid ?? 0),
    live: { monitor: { status: async () => "running" }, guest: inside, nonce: NONCE },
    logs: { console: "/nonexistent/console", vmm: "/nonexistent/vmm" },
    patience: 1,
  });
  doctor = new Doctor(tools());
});

const tools = (): DoctorTools => ({
  network: net.network,
  accelerator: { name: "kvm", driver: "fake", reason: "a test" },
  vms: () => vms,
  directories: async () => [vmId],
});

afterAll(async () => {
  await end(agent);
  await guest[Symbol.asyncDispose]();
  await net.network.unplug(address);
  await net[Symbol.asyncDispose]();
});

const troubles = ({ findings }: DoctorReport) =>
  findings
    .filter(({ verdict }) => verdict !== "pass" && verdict !== "skip")
    .map(({ code, verdict, cause }) => `${code}: ${verdict}: ${cause}`);

test("a healthy host with a healthy VM is healthy, from a snapshot of less than a second", async () => {
  const report = await doctor.examine();
  expect(troubles(report)).toEqual([]);
  expect(DoctorReport.parse(report)).toMatchObject({ verdict: "healthy", subject: "host", rootCauses: [] });
  expect(report.timing.snapshotMs).toBeLessThan(1000);
});

test("one VM is examined with the host that it stands on; a VM that is not there is refused", async () => {
  const report = await doctor.examine({ vmId });
  expect(report).toMatchObject({ verdict: "healthy", subject: "vm", vmId });
  await expect(doctor.examine({ vmId: newVmId() })).rejects.toMatchObject({ code: "VM_NOT_FOUND" });
});

test("a sight holds what the kernel says, and the probe what the packets did", async () => {
  await must("ip", "rule", "add", "from", "10.1.0.0/16", "lookup", "77");
  const {
    host,
    vms: [vm],
  } = await doctor.examineClosely({ vmId });
  await must("ip", "rule", "del", "from", "10.1.0.0/16", "lookup", "77");
  const pid = guest.vmm.pid ?? 0;
  expect(host.holders).toContainEqual({ pid, tap: address.tap, command: expect.any(String) });
  expect(host.rules).toMatchObject([{ from: "10.1.0.0/16", table: 77 }]);
  expect(host.fdb).toContainEqual(expect.objectContaining({ mac: address.mac, permanent: false }));
  expect(host.bridge).toMatchObject({ kind: "bridge", addressAssignType: 3 });
  expect(host).toMatchObject({ tcFilters: [], leftovers: [], canary: { alive: true } });
  expect(host.counters.after["Icmp.OutEchos"]).toBeGreaterThan(host.counters.before["Icmp.OutEchos"] ?? 0);
  expect(vm).toMatchObject({
    route: { dev: "fcbr0", source: address.gateway },
    vmm: { pid, alive: true, status: "running" },
    probe: {
      toGuest: { arp: [address.mac], agent: "open", ssh: "open", nonce: "ours" },
      fromGuest: { gateway: { ok: true }, closedPort: "refused" },
    },
  });
  expect(vm?.probe?.tap?.tx).toBeGreaterThanOrEqual(vm?.probe?.sent ?? Number.POSITIVE_INFINITY);
  expect(vm?.probe?.burst).toBeUndefined();
});

test("another machine's agent at this address is told from ours", async () => {
  const [vm] = vms;
  if (!vm?.live) throw new Error("the VM is not live");
  const liar = { ...vm, live: { ...vm.live, nonce: "another" } };
  const {
    vms: [seen],
  } = await new Doctor({ ...tools(), vms: () => [liar] }).examineClosely();
  expect(seen?.probe?.toGuest.nonce).toBe("other");
});

test("a guest that is silent on its channel is still probed from outside", async () => {
  inside.instead["probe.ping"] = () => Promise.reject(new Error("no answer"));
  const {
    vms: [vm],
  } = await doctor.examineClosely();
  delete inside.instead["probe.ping"];
  expect(vm?.guest).toEqual({ silent: "no answer" });
  expect(vm?.probe).toMatchObject({ fromGuest: undefined, toGuest: { agent: "open", nonce: "ours" } });
});

test("a TAP that was deleted under its VMM shows as a descriptor without a name", async () => {
  const stranger = newVmId();
  const other = net.network.reserve(stranger);
  await net.network.plug(other, 200_000 + other.slot);
  await using held = await FakeGuest.start({ address: other });
  // A real VMM lives on when its TAP is gone; ours must not notice.
  held.vmm.kill("SIGSTOP");
  await must("ip", "link", "del", other.tap);
  const { host } = await doctor.examineClosely();
  expect(host.holders).toContainEqual({ pid: held.vmm.pid, tap: "", command: expect.any(String) });
  expect(host.leftovers).toContain(`address ${other.ip} of ${stranger}`);
  await net.network.unplug(other);
  net.network.release(stranger);
});

test("a VM that holds no address any more says that it was taken apart, and why", async () => {
  const reason = { code: "VMM_DIED", message: "QEMU ended" };
  const gone: DoctorVm = {
    vmId: newVmId(),
    state: "failed",
    reason,
    hasBrowser: false,
    port: "tap",
    identity: undefined,
    logs: { console: "/nonexistent", vmm: "/nonexistent" },
    patience: 1,
  };
  const report = await new Doctor({ ...tools(), vms: () => [...vms, gone] }).examine({ vmId: gone.vmId });
  expect(report).toMatchObject({ verdict: "faults", rootCauses: ["vm-without-path"] });
  expect(JSON.stringify(report)).toContain("QEMU ended");
});

describe("of a dead path whose cause no check knows it is told how far packets got", () => {
  const faults: Array<
    [where: LastSeen["at"], what: string, break_: () => Promise<unknown>, mend: () => Promise<unknown>]
  > = [
    [
      "host",
      "the host has no route to it",
      () => must("ip", "route", "add", "blackhole", `${address.ip}/32`),
      () => must("ip", "route", "del", "blackhole", `${address.ip}/32`),
    ],
    [
      "bridge",
      "its VMM is stopped",
      async () => guest.vmm.kill("SIGSTOP"),
      async () => guest.vmm.kill("SIGCONT"),
    ],
    [
      "tap",
      "its link is down",
      () => guest.ip("link", "set", "eth0", "down"),
      async () => {
        await guest.ip("link", "set", "eth0", "up");
        await guest.ip("route", "add", "default", "via", address.gateway);
      },
    ],
    [
      "guest",
      "its kernel ignores pings",
      () => guest.run("sysctl", "-w", "net.ipv4.icmp_echo_ignore_all=1"),
      () => guest.run("sysctl", "-w", "net.ipv4.icmp_echo_ignore_all=0"),
    ],
  ];
  test.each(faults)("%s: %s", async (where, _, breaks, mend) => {
    const ignorant = new Doctor({ ...tools(), hostChecks: [], vmChecks: [pingDead] });
    await breaks();
    try {
      const report = DoctorReport.parse(await ignorant.examine({ vmId }));
      expect(report).toMatchObject({ verdict: "faults", rootCauses: ["guest-ping-dead"] });
      expect(report.lastSeen).toMatchObject([{ vmId, at: where }]);
    } finally {
      await mend();
    }
    expect(await ignorant.examine({ vmId })).toMatchObject({ verdict: "healthy", lastSeen: [] });
  });
});
