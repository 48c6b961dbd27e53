import type { Progress } from "@browservm/contract";
import { slotUid } from "../../net/names.ts";
import type { VmmRecord } from "../../vmm/vmm.ts";
import { restoredSpec } from "../frozen/restored-spec.ts";
import { LiveVm, makeSecrets } from "../live-vm.ts";
import { takeIdentity } from "../take-identity.ts";
import type { VmDeps } from "../vm-deps.ts";
import type { VmPlace } from "../vm-places.ts";
import type { VmRecord } from "../vm-store.ts";

export interface Forking {
  /** Of the new VM. */
  readonly record: VmRecord;
  /** Puts the source's disk, memory and state into the new VM's place. */
  readonly copyInto: (target: VmPlace, progress: Progress) => Promise<void>;
  readonly onVmm: (vmm: VmmRecord) => void;
}

/**
 * The story of a fork: it begins where its source is, behind a fence, until it has an identity of its own; only then
 * it is plugged in. It undoes nothing itself.
 */
export async function forkVm(
  deps: VmDeps,
  progress: Progress,
  { record, copyInto, onVmm }: Forking,
): Promise<LiveVm> {
  const { id, hasBrowser } = record;
  progress.step("image");
  await deps.images.pin(await deps.images.find(record.imageId), id);

  progress.step("copy");
  const place = await deps.places.make(id);
  await copyInto(place, progress);

  progress.step("fence");
  const address = deps.network.reserve(id);
  const ownerUid = slotUid(address.slot);
  await deps.network.fence(address, ownerUid);

  progress.step("restore");
  const monitor = await deps.driver.launch(
    progress,
    await restoredSpec(deps, { record, address, directory: place.frozen }),
  );
  onVmm(monitor.record);

  progress.step("agent");
  const guest = deps.connectGuest(monitor);
  const secrets = makeSecrets();
  try {
    const about = { record, address, guest, monitor, secrets, browser: "keep-pages" } as const;
    const { bootId } = await takeIdentity(deps, progress, about);
    progress.step("tap");
    await deps.network.plug(address, ownerUid);
    return new LiveVm({ ...deps, id, address, monitor, guest, secrets, bootId, hasBrowser, ownerUid });
  } catch (error) {
    await guest[Symbol.asyncDispose]();
    throw error;
  }
}
