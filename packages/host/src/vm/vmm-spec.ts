import type { VmAddress } from "@browservm/contract";
import type { Image } from "../image/image.ts";
import { emulationFlags } from "../image/index.ts";
import { slotUid } from "../net/names.ts";
import type { VmmSpec } from "../vmm/vmm.ts";
import type { VmDeps } from "./vm-deps.ts";
import type { VmPlace } from "./vm-places.ts";
import type { VmRecord } from "./vm-store.ts";

export interface VmmSpecParts {
  readonly record: Pick<VmRecord, "id" | "spec">;
  readonly image: Image;
  readonly place: VmPlace;
  readonly address: VmAddress;
}

/** What every VMM of ours is told, however its VM begins. Its command line says nothing of the VM itself. */
export function vmmSpec(deps: VmDeps, { record, image, place, address }: VmmSpecParts): VmmSpec {
  return {
    vmId: record.id,
    vcpus: record.spec.vcpus,
    memoryMib: record.spec.memoryMib,
    kernel: image.kernel,
    initrd: place.initrd,
    commandLine: [image.commandLine, ...(deps.accelerator === "tcg" ? [emulationFlags] : [])].join(" "),
    disks: [
      { path: image.rootfs, readOnly: true },
      { path: place.overlay, readOnly: false },
    ],
    address,
    mtu: deps.network.plan.mtu,
    uid: slotUid(address.slot),
    runDir: place.runDir,
    logs: { console: place.console, vmm: place.vmmLog },
    logLimitBytes: deps.logLimitBytes,
    accelerator: deps.accelerator,
  };
}
