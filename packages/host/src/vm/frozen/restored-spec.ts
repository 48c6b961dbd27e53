import type { VmAddress } from "@browservm/contract";
import { emulationFlags } from "../../image/index.ts";
import { slotUid } from "../../net/names.ts";
import type { VmmSpec } from "../../vmm/vmm.ts";
import { kernelIp } from "../kernel-ip.ts";
import type { VmDeps } from "../vm-deps.ts";
import type { VmRecord } from "../vm-store.ts";

export interface RestoredSpec {
  readonly record: VmRecord;
  readonly address: VmAddress;
  /** Where its own memory and state are. */
  readonly directory: string;
}

/** What a VMM needs to let one VM's own frozen state go on: the devices that it was frozen with, at `address`. */
export async function restoredSpec(
  deps: VmDeps,
  { record, address, directory }: RestoredSpec,
): Promise<VmmSpec> {
  const { spec, id, imageId } = record;
  const image = await deps.images.find(imageId);
  const place = deps.places.of(id);
  const { mtu, dns } = deps.network.plan;
  const emulated = deps.accelerator === "tcg" ? [emulationFlags] : [];
  const network = [kernelIp(address, id, dns), `browservm.mac=${address.mac}`, `browservm.mtu=${mtu}`];
  return {
    vmId: id,
    vcpus: spec.vcpus,
    memoryMib: spec.memoryMib,
    kernel: image.kernel,
    initrd: place.initrd,
    commandLine: [image.commandLine, ...emulated, ...network].join(" "),
    disks: [
      { path: image.rootfs, readOnly: true },
      { path: place.overlay, readOnly: false },
    ],
    address,
    mtu,
    uid: slotUid(address.slot),
    runDir: place.runDir,
    logs: { console: place.console, vmm: place.vmmLog },
    logLimitBytes: deps.logLimitBytes,
    accelerator: deps.accelerator,
    restore: { directory, use: "own" },
  };
}
