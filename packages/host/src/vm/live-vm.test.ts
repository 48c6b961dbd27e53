import { VmId } from "@browservm/contract";
import { expect, test } from "vitest";
import { FakeGuest } from "../guest/fake-guest.ts";
import { FakeNetwork } from "../testing/fake-network.ts";
import type { VmMonitor } from "../vmm/vmm.ts";
import { LiveVm, makeSecrets } from "./live-vm.ts";
import { WaitClock } from "./wait-clock.ts";

const [ID, SOURCE] = ["vm_abcdefghijklmnopqrst", "vm_bbbbbbbbbbbbbbbbbbbb"].map((id) => VmId.parse(id));

function liveVm(): LiveVm {
  const id = VmId.parse(ID);
  const network = new FakeNetwork();
  return new LiveVm({
    id,
    address: network.reserve(id),
    monitor: { record: { identity: { pid: 42 } } } as VmMonitor,
    guest: new FakeGuest({}),
    secrets: makeSecrets(),
    bootId: "b",
    hasBrowser: true,
    network,
    ownerUid: 200_000,
    patience: 1,
    waits: new WaitClock(),
  });
}

test.each([
  ["a VM that was made from an image", {}, true],
  ["one that was in use when hostd ended", { readyAt: new Date().toISOString() }, false],
  ["a fork, which begins with the pages of its source", { forkOf: SOURCE }, false],
])("whether the gate may expect the image's own page: %s", (_which, record, expected) => {
  expect(liveVm().gateSubject(record).showsOwnPage).toBe(expected);
});
