import { VmId } from "@browservm/contract";
import { expect, test } from "vitest";
import { FakeNetwork } from "../testing/fake-network.ts";
import { cleanUp } from "./clean-up.ts";
import type { LiveVm } from "./live-vm.ts";
import type { VmDeps } from "./vm-deps.ts";

const VM = VmId.parse(`vm_${"a".repeat(20)}`);

test("a VM's port may go from before its end, and its address is free after it", async () => {
  const network = new FakeNetwork();
  const address = network.reserve(VM);
  await network.plug(address, 1);
  const deps = {
    network,
    places: { of: () => ({ runDir: "/nonexistent/run" }), clear: async () => {} },
    images: { unpin: async () => {} },
    snapshots: { unpin: async () => {} },
  } as unknown as VmDeps;
  let letGoAtItsEnd: string[] = [];
  const monitor = {
    kill: async () => {
      letGoAtItsEnd = [...network.letGoOf];
    },
    detach: async () => {},
  };
  const live = { monitor, guest: { [Symbol.asyncDispose]: async () => {} } } as unknown as LiveVm;
  await cleanUp(deps, { id: VM }, { live, keepLogs: false });
  expect(letGoAtItsEnd).toEqual([address.tap]);
  expect([network.plugged.size, network.addressOf(VM)]).toEqual([0, undefined]);
});
