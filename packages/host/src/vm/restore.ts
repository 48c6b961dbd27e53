import { rm } from "node:fs/promises";
import { DEFAULT_DISPLAY, type Progress, type VmAddress } from "@browservm/contract";
import { diskFull } from "../files/disk-full.ts";
import type { Image } from "../image/image.ts";
import type { GoldenSnapshot } from "../image/snapshot/snapshot.ts";
import { slotUid } from "../net/names.ts";
import { silentAddress } from "../net/verify/silent-address.ts";
import { run } from "../process/run.ts";
import type { VmMonitor, VmmRecord } from "../vmm/vmm.ts";
import { awaken, WAKE_BUDGET_MS } from "./awaken.ts";
import type { LiveVm } from "./live-vm.ts";
import { FROZEN_ENVIRONMENT, wantsFreshBrowser } from "./session-files.ts";
import type { TakenIdentity } from "./take-identity.ts";
import type { VmDeps } from "./vm-deps.ts";
import type { VmPlace } from "./vm-places.ts";
import type { VmRecord } from "./vm-store.ts";
import { vmmSpec } from "./vmm-spec.ts";
import type { WaitClock } from "./wait-clock.ts";

const COPY_MS = 120_000;

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
  await deps.network.setEgress(id, record.spec.egress);
  // Nothing is sent before the TAP is plugged in: the answer is wanted then.
  const silent = silentAddress(deps.network.look, address.ip);
  silent.catch(() => {});

  progress.step("disk");
  const place = await deps.places.make(id);
  await copySparse(snapshot.overlay, place.overlay);

  progress.step("tap");
  await deps.network.fence(address, slotUid(address.slot));

  progress.step("restore");
  const { waits, onIdentity } = restore;
  const monitor = await waits.during(startFrozen(deps, progress, { ...restore, image, place, address }));
  onVmm(monitor.record);
  const browser = wantsFreshBrowser(FROZEN_ENVIRONMENT, record.spec.environment) ? "restart" : "renew";
  const { hasBrowser } = image;
  const live = await awaken(deps, progress, {
    record,
    monitor,
    address,
    hasBrowser,
    waits,
    browser,
    silent,
    onIdentity,
  });
  if (hasBrowser) await fitDisplay(deps, progress, { record, live });
  return live;
}

/** The frozen display has the default size. */
async function fitDisplay(
  deps: VmDeps,
  progress: Progress,
  { record, live }: { readonly record: VmRecord; readonly live: LiveVm },
): Promise<void> {
  const { width, height } = record.spec.display;
  if (width === DEFAULT_DISPLAY.width && height === DEFAULT_DISPLAY.height) return;
  progress.step("display");
  const timeoutMs = WAKE_BUDGET_MS * deps.patience;
  await live.guest.call("display.resize", { width, height }, { timeoutMs, signal: progress.signal });
}

function startFrozen(
  deps: VmDeps,
  progress: Progress,
  { record, snapshot, image, place, address }: Restore & { image: Image; place: VmPlace; address: VmAddress },
): Promise<VmMonitor> {
  progress.signal.throwIfAborted();
  return deps.driver.launch(progress, {
    ...vmmSpec(deps, { record, image, place, address }),
    restore: { directory: snapshot.frozen, use: "shared" },
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
