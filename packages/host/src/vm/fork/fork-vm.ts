import type { Progress } from "@browservm/contract";
import { TimedGuest } from "../../guest/timed-guest.ts";
import { slotUid } from "../../net/names.ts";
import { silentAddress } from "../../net/verify/silent-address.ts";
import type { VmmRecord } from "../../vmm/vmm.ts";
import { restoredSpec } from "../frozen/restored-spec.ts";
import { LiveVm, makeSecrets } from "../live-vm.ts";
import { type TakenIdentity, takeIdentity } from "../take-identity.ts";
import type { VmDeps } from "../vm-deps.ts";
import type { VmPlace } from "../vm-places.ts";
import type { VmRecord } from "../vm-store.ts";
import type { WaitClock } from "../wait-clock.ts";

/** Milliseconds from the guest's first instruction until the frozen agent answers, with KVM. */
const WAKE_BUDGET_MS = 5000;

export interface Forking {
  /** Of the new VM. */
  readonly record: VmRecord;
  /** Puts the source's disk, memory and state into the new VM's place. */
  readonly copyInto: (target: VmPlace, progress: Progress) => Promise<void>;
  readonly onVmm: (vmm: VmmRecord) => void;
  readonly onIdentity: (told: TakenIdentity["told"]) => void;
  readonly waits: WaitClock;
}

/**
 * The story of a fork: it begins where its source is, behind a fence, until it has an identity of its own; only then
 * it is plugged in. It undoes nothing itself.
 */
export async function forkVm(
  deps: VmDeps,
  progress: Progress,
  { record, copyInto, onVmm, onIdentity, waits }: Forking,
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
  // Asked while nothing of this VM can answer yet.
  const silent = silentAddress(deps.network.look, address.ip);
  silent.catch(() => {}); // awaited below
  await deps.network.fence(address, ownerUid);

  progress.step("restore");
  const monitor = await deps.driver.launch(
    progress,
    await restoredSpec(deps, { record, address, directory: place.frozen }),
  );
  onVmm(monitor.record);

  progress.step("agent");
  const guest = new TimedGuest(deps.connectGuest(monitor), waits);
  const secrets = makeSecrets();
  const { signal } = progress;
  try {
    const awake = AbortSignal.timeout(WAKE_BUDGET_MS * deps.patience);
    await guest.connected(AbortSignal.any([signal, awake]));
    progress.step("identity");
    const taking = { record, address, monitor, guest, secrets, browser: "keep-pages", signal } as const;
    const { hello, told } = await takeIdentity(deps, taking);
    onIdentity(told);
    progress.step("plug");
    await silent;
    await deps.network.plug(address, ownerUid);
    const { bootId } = hello;
    return new LiveVm({ ...deps, id, address, monitor, guest, secrets, waits, bootId, hasBrowser, ownerUid });
  } catch (error) {
    await guest[Symbol.asyncDispose]();
    throw error;
  }
}
