import { rm } from "node:fs/promises";
import type { Progress, VmAddress } from "@browservm/contract";
import { TimedGuest } from "../guest/timed-guest.ts";
import type { Image } from "../image/image.ts";
import type { GoldenSnapshot } from "../image/snapshot/snapshot.ts";
import { diskFull } from "../image/store/disk-full.ts";
import { slotUid } from "../net/names.ts";
import { silentAddress } from "../net/verify/silent-address.ts";
import { run } from "../process/run.ts";
import type { VmMonitor, VmmRecord } from "../vmm/vmm.ts";
import { LiveVm, makeSecrets } from "./live-vm.ts";
import { wantsFreshBrowser } from "./session-files.ts";
import { type TakenIdentity, takeIdentity } from "./take-identity.ts";
import type { VmDeps } from "./vm-deps.ts";
import type { VmPlace } from "./vm-places.ts";
import type { VmRecord } from "./vm-store.ts";
import { vmmSpec } from "./vmm-spec.ts";
import type { WaitClock } from "./wait-clock.ts";

/** Milliseconds from the guest's first instruction until the frozen agent answers, with KVM. */
const WAKE_BUDGET_MS = 5000;
const COPY_MS = 120_000;
const DEFAULT_DISPLAY = { width: 1280, height: 720 };

export interface Restore {
  readonly record: VmRecord;
  readonly snapshot: GoldenSnapshot;
  readonly waits: WaitClock;
  /** Called as soon as the VMM runs, so that a crash of ours cannot lose it. */
  readonly onVmm: (vmm: VmmRecord) => void;
  readonly onIdentity: (told: TakenIdentity["told"]) => void;
}

/**
 * The story of a start from a golden snapshot, up to the hello of an agent of its own. The TAP is plugged in last: until
 * then no frame can leave, whatever the guest still believes to be. Like `launchVm` it undoes nothing itself.
 */
export async function restoreVm(deps: VmDeps, progress: Progress, restore: Restore): Promise<LiveVm> {
  const { record, snapshot, onVmm } = restore;
  const { id } = record;
  progress.step("image");
  const image = await deps.images.find(record.imageId);
  await deps.images.pin(image, id);
  await deps.snapshots.pin(snapshot.id, id);

  progress.step("address");
  const address = deps.network.reserve(id);
  // Nothing is sent before the TAP is plugged in: the answer is wanted then.
  const silent = silentAddress(deps.network.look, address.ip);
  silent.catch(() => {});

  progress.step("disk");
  const place = await deps.places.make(id);
  await copySparse(snapshot.overlay, place.overlay);

  progress.step("tap");
  await deps.network.fence(address, slotUid(address.slot));

  progress.step("restore");
  const monitor = await restore.waits.during(
    startFrozen(deps, progress, { ...restore, image, place, address }),
  );
  onVmm(monitor.record);
  return finish(deps, progress, { ...restore, monitor, image, address, silent });
}

interface Started extends Restore {
  readonly monitor: VmMonitor;
  readonly image: Image;
  readonly address: VmAddress;
  readonly silent: Promise<void>;
}

/** From a guest that runs to one that is somebody, and may speak. */
async function finish(deps: VmDeps, progress: Progress, started: Started): Promise<LiveVm> {
  const { record, monitor, image, address, silent, waits } = started;
  const guest = new TimedGuest(deps.connectGuest(monitor), waits);
  const secrets = makeSecrets();
  try {
    progress.step("agent");
    const awake = AbortSignal.timeout(WAKE_BUDGET_MS * deps.patience);
    await guest.connected(AbortSignal.any([progress.signal, awake]));
    progress.step("identity");
    const browser = wantsFreshBrowser(record.spec.environment) ? "restart" : "renew";
    const { signal } = progress;
    const taking = { record, address, monitor, guest, secrets, browser, signal } as const;
    const { hello, told } = await takeIdentity(deps, taking);
    started.onIdentity(told);
    const { width, height } = record.spec.display;
    if (image.hasBrowser && (width !== DEFAULT_DISPLAY.width || height !== DEFAULT_DISPLAY.height)) {
      progress.step("display");
      const timeoutMs = WAKE_BUDGET_MS * deps.patience;
      await guest.call("display.resize", { width, height }, { timeoutMs, signal });
    }
    progress.step("plug");
    await silent;
    const ownerUid = slotUid(address.slot);
    await deps.network.plug(address, ownerUid);
    const { hasBrowser } = image;
    const { id } = record;
    return new LiveVm({
      ...deps,
      id,
      address,
      monitor,
      guest,
      secrets,
      waits,
      bootId: hello.bootId,
      hasBrowser,
      ownerUid,
    });
  } catch (error) {
    await guest[Symbol.asyncDispose]();
    throw error;
  }
}

function startFrozen(
  deps: VmDeps,
  progress: Progress,
  { record, snapshot, image, place, address }: Restore & { image: Image; place: VmPlace; address: VmAddress },
): Promise<VmMonitor> {
  progress.signal.throwIfAborted();
  const { initrd, commandLine, frozen } = snapshot;
  return deps.driver.launch(progress, {
    ...vmmSpec(deps, { record, image, place, address }),
    initrd,
    commandLine,
    restore: { directory: frozen, use: "shared" },
  });
}

/** A copy with holes where the original has none but zeros. DISK_FULL. */
export async function copySparse(from: string, to: string, signal?: AbortSignal): Promise<void> {
  try {
    await run("cp", ["--sparse=always", "--reflink=auto", "--no-preserve=mode", from, to], {
      timeoutMs: COPY_MS,
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    await rm(to, { force: true });
    throw diskFull(error, to);
  }
}
