import type { Progress } from "@browservm/contract";
import { slotUid } from "../../net/names.ts";
import { silentAddress } from "../../net/verify/silent-address.ts";
import type { VmmRecord } from "../../vmm/vmm.ts";
import { awaken } from "../awaken.ts";
import { restoredSpec } from "../frozen/restored-spec.ts";
import type { LiveVm } from "../live-vm.ts";
import type { TakenIdentity } from "../take-identity.ts";
import type { VmDeps } from "../vm-deps.ts";
import type { VmPlace } from "../vm-places.ts";
import type { VmRecord } from "../vm-store.ts";
import type { WaitClock } from "../wait-clock.ts";

export interface ForkCopying {
  /** Of the new VM. */
  readonly record: VmRecord;
  /** Puts the source's disk, memory and state into the new VM's place. */
  readonly copyInto: (target: VmPlace, progress: Progress) => Promise<void>;
}

/** The first half of a fork's story: its own copy of where its source is. It undoes nothing itself. */
export async function copyForFork(
  deps: VmDeps,
  progress: Progress,
  { record: { id, imageId }, copyInto }: ForkCopying,
): Promise<void> {
  progress.step("image");
  await deps.images.pin(await deps.images.find(imageId), id);
  progress.step("copy");
  await copyInto(await deps.places.make(id), progress);
}

export interface Forking {
  /** Of the new VM. */
  readonly record: VmRecord;
  readonly waits: WaitClock;
  readonly onVmm: (vmm: VmmRecord) => void;
  readonly onIdentity: (told: TakenIdentity["told"]) => void;
}

/**
 * The second half: it goes on from that copy, behind a fence, until it has an identity of its own; only then it is
 * plugged in. It undoes nothing itself.
 */
export async function forkVm(
  deps: VmDeps,
  progress: Progress,
  { record, waits, onVmm, onIdentity }: Forking,
): Promise<LiveVm> {
  const { id, hasBrowser } = record;
  progress.step("fence");
  const address = deps.network.reserve(id);
  await deps.network.setEgress(id, record.spec.egress);
  const ownerUid = slotUid(address.slot);
  // Asked while nothing of this VM can answer yet.
  const silent = silentAddress(deps.network.look, address.ip);
  silent.catch(() => {}); // awaited below
  await deps.network.fence(address, ownerUid);

  progress.step("restore");
  const spec = await restoredSpec(deps, { record, address, directory: deps.places.of(id).frozen });
  const monitor = await waits.during(deps.driver.launch(progress, spec));
  onVmm(monitor.record);
  // Pages that are open are what a fork is for.
  const browser = "keep-pages";
  return awaken(deps, progress, {
    record,
    monitor,
    address,
    hasBrowser,
    waits,
    browser,
    silent,
    onIdentity,
  });
}
