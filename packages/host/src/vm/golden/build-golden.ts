import { randomBytes } from "node:crypto";
import { BrowserVmError, DEFAULT_DISPLAY, makeId, type Progress, VmId } from "@browservm/contract";
import type { Image } from "../../image/image.ts";
import type { GoldenSnapshot, SnapshotBasis, SnapshotDraft } from "../../image/snapshot/snapshot.ts";
import { slotUid } from "../../net/names.ts";
import { canFreeze, type Freezer, type VmMonitor } from "../../vmm/vmm.ts";
import { introduce } from "../introduce.ts";
import { makeSecrets } from "../live-vm.ts";
import { FROZEN_ENVIRONMENT } from "../session-files.ts";
import { untilPainted } from "../until-painted.ts";
import type { VmDeps } from "../vm-deps.ts";
import type { VmRecord } from "../vm-store.ts";
import { vmmSpec } from "../vmm-spec.ts";
import { untilIdle } from "./until-idle.ts";

/** Milliseconds with KVM. */
const SETTLE_BUDGET_MS = 10_000;
const CALL_BUDGET_MS = 10_000;
const FREEZE_BUDGET_MS = 120_000;

export interface GoldenBuild {
  readonly basis: SnapshotBasis;
  readonly image: Image;
  /** Told once the VM has an id, so that nobody takes it for a leftover. */
  readonly onVm: (record: VmRecord) => void;
}

/**
 * Boots an image once, waits until its browser has painted and the guest is quiet, lets it forget who it is, and
 * freezes it. The VM has a TAP (its device must be the one that clones have) that is never plugged in. Nothing but the
 * snapshot is left, whatever happens. Fails as a launch does, or as SNAPSHOT_UNSUPPORTED, DISK_FULL.
 */
export async function buildGolden(
  deps: VmDeps,
  progress: Progress,
  draft: SnapshotDraft,
  { basis, image, onVm }: GoldenBuild,
): Promise<GoldenSnapshot> {
  const began = performance.now();
  await using undo = new AsyncDisposableStack();
  const record = recordOf(deps, basis);
  onVm(record);
  const monitor = await bootUnplugged(deps, progress, { record, image, draft, undo });
  const guest = undo.use(deps.connectGuest(monitor));
  progress.step("agent");
  // These secrets are forgotten before anything is frozen, and belong to no VM.
  const secrets = makeSecrets();
  await introduce(deps, { record, monitor, guest, secrets, injected: [], signal: progress.signal });
  if (image.hasBrowser) {
    progress.step("browser");
    await untilPainted({ guest, patience: deps.patience, signal: progress.signal });
  }
  progress.step("settle");
  const settled = AbortSignal.timeout(SETTLE_BUDGET_MS * deps.patience);
  const isIdle = await untilIdle(monitor.record.identity.pid, AbortSignal.any([progress.signal, settled]));
  progress.signal.throwIfAborted();
  if (!isIdle)
    deps.log.warn({ imageId: image.id }, "a golden VM is frozen at work, which its clones will finish");
  progress.step("forget");
  const timeoutMs = CALL_BUDGET_MS * deps.patience;
  await guest.call("snapshot.prepare", {}, { timeoutMs, signal: progress.signal });
  progress.step("freeze");
  await freeze(monitor, progress, draft, deps.patience);
  await monitor.kill();
  progress.step("store");
  return await draft.commit({ buildMs: Math.round(performance.now() - began) });
}

interface Booting {
  readonly record: VmRecord;
  readonly image: Image;
  readonly draft: SnapshotDraft;
  /** Takes what was made apart again, backwards. */
  readonly undo: AsyncDisposableStack;
}

async function bootUnplugged(deps: VmDeps, progress: Progress, { record, image, draft, undo }: Booting) {
  const { id } = record;
  progress.step("image");
  await deps.images.pin(image, id);
  undo.defer(() => deps.images.unpin(id));
  const place = await deps.places.make(id);
  undo.defer(() => deps.places.clear(id, { keepLogs: false }));
  await Promise.all([
    deps.createOverlay(draft.overlay, record.spec.diskMib),
    deps.writeInitrd(image, [], place.initrd),
  ]);
  const address = deps.network.reserve(id);
  undo.defer(() => deps.network.release(id));
  await deps.network.fence(address, slotUid(address.slot));
  undo.defer(() => deps.network.unplug(address));
  progress.step("boot");
  const spec = vmmSpec(deps, { record, image, place: { ...place, overlay: draft.overlay }, address });
  const monitor = await deps.driver.launch(progress, { ...spec, freezeInto: draft.frozen });
  undo.defer(async () => {
    await monitor.kill();
    await monitor.detach();
  });
  return monitor;
}

async function freeze(
  monitor: VmMonitor,
  { signal, ...progress }: Progress,
  draft: SnapshotDraft,
  patience: number,
): Promise<void> {
  if (!canFreeze(monitor))
    throw new BrowserVmError("SNAPSHOT_UNSUPPORTED", "this VMM cannot freeze its VM", {
      why: "the driver has no such skill",
    });
  const freezer: Freezer = monitor;
  const deadline = AbortSignal.timeout(FREEZE_BUDGET_MS * Math.min(patience, 4));
  await freezer.freeze({ ...progress, signal: AbortSignal.any([signal, deadline]) }, draft.frozen);
}

/** It is written down nowhere: a hostd that dies takes it for a leftover when it starts again. */
function recordOf(deps: VmDeps, { image, imageId, shape }: SnapshotBasis): VmRecord {
  const id = VmId.parse(makeId("vm", randomBytes(20)));
  return {
    id,
    spec: {
      id,
      image,
      ...shape,
      display: DEFAULT_DISPLAY,
      environment: FROZEN_ENVIRONMENT,
      keepFailed: false,
      start: "boot",
    },
    state: "creating",
    imageId,
    hasBrowser: false,
    driver: deps.driver.name,
    accelerator: deps.accelerator,
    netns: deps.netns,
    createdAt: new Date().toISOString(),
    steps: [],
  };
}
