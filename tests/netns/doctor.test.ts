import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { DoctorReport, type VmAddress } from "@browservm/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Doctor } from "../../packages/host/src/doctor/doctor.ts";
import type { DoctorVm } from "../../packages/host/src/doctor/sight/doctor-vm.ts";
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
    identity: identify(guest.vmm.pid ?? 0),
    live: { monitor: { status: async () => "running" }, guest: inside, nonce: NONCE },
    logs: { console: "/nonexistent/console", vmm: "/nonexistent/vmm" },
    patience: 1,
  });
  doctor = new Doctor({
    network: net.network,
    accelerator: { name: "kvm", driver: "fake", reason: "a test" },
    vms: () => vms,
    directories: async () => [vmId],
  });
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
