import { BrowserVmError, EgressPolicy, silentProgress, VmId } from "@browservm/contract";
import { expect, test } from "vitest";
import type { VmDeps } from "../vm-deps.ts";
import type { VmRecord } from "../vm-store.ts";
import { WaitClock } from "../wait-clock.ts";
import { forkVm } from "./fork-vm.ts";
import { forkedRecord } from "./forked-record.ts";

const policy = EgressPolicy.parse({ allow: ["a.example"] });
const source = {
  id: VmId.parse("vm_abcdefghijklmnopqrst"),
  spec: { image: "browser", egress: policy },
  imageId: "browser-bookworm-0000000000000001",
} as VmRecord;

test("a fork has its source's egress policy in its slot before it has a port", async () => {
  const done: unknown[] = [];
  const id = VmId.parse("vm_bbbbbbbbbbbbbbbbbbbb");
  const deps = {
    network: {
      reserve: () => ({ slot: 1, ip: "10.0.0.3" }),
      setEgress: async (...set: unknown[]) => void done.push(set),
      look: { arp: async () => [] },
      fence: async () => {
        done.push("fence");
        throw new BrowserVmError("TAP_BUSY", "here the story of this test ends");
      },
    },
  } as unknown as VmDeps;
  const record = forkedRecord({ netns: "host" } as unknown as VmDeps, source, { id });
  const forking = { record, waits: new WaitClock(), onVmm: () => {}, onIdentity: () => {} };
  await expect(forkVm(deps, silentProgress(), forking)).rejects.toMatchObject({ code: "TAP_BUSY" });
  expect(done).toEqual([[id, policy], "fence"]);
});
