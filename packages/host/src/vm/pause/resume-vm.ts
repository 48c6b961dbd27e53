import { freemem } from "node:os";
import { BrowserVmError, type Progress, type VmAddress } from "@browservm/contract";
import { TimedGuest } from "../../guest/timed-guest.ts";
import { slotUid } from "../../net/names.ts";
import type { VmMonitor, VmmRecord } from "../../vmm/vmm.ts";
import { expandFiles } from "../frozen/expand-file.ts";
import { requireSameOwner } from "../frozen/frozen-by.ts";
import { checkFiles, removeScratch } from "../frozen/frozen-files.ts";
import { type FrozenManifest, readManifest } from "../frozen/frozen-manifest.ts";
import { isUntouched } from "../frozen/overlay-stamp.ts";
import { restoredSpec } from "../frozen/restored-spec.ts";
import { introduce } from "../introduce.ts";
import { LiveVm, makeSecrets } from "../live-vm.ts";
import type { VmDeps } from "../vm-deps.ts";
import type { VmRecord } from "../vm-store.ts";
import type { WaitClock } from "../wait-clock.ts";
import { refreshIdentity } from "./refresh-identity.ts";

const MIB = 1024 * 1024;

/**
 * Whether this paused VM can go on here and now, asked before anything changes. SNAPSHOT_DAMAGED, SNAPSHOT_MISMATCH,
 * HOST_OUT_OF_MEMORY.
 */
export async function requireResumable(deps: VmDeps, record: VmRecord): Promise<void> {
  const { frozen, overlay } = deps.places.of(record.id);
  const manifest = await readManifest(frozen);
  await checkFiles(frozen, manifest.files);
  if (!(await isUntouched(overlay, manifest.overlay)))
    throw new BrowserVmError("SNAPSHOT_DAMAGED", `${overlay} was altered while its VM was paused`, {
      path: overlay,
    });
  await requireSameOwner(deps, manifest);
  requireMemory(manifest);
}

/** It needs at once what was written of it; the rest of its memory it had never used. */
function requireMemory({ files }: FrozenManifest): void {
  const availableMib = Math.floor(freemem() / MIB);
  const neededMib = Math.ceil(files.reduce((sum, { written }) => sum + written, 0) / MIB);
  if (availableMib >= neededMib) return;
  throw new BrowserVmError(
    "HOST_OUT_OF_MEMORY",
    `${availableMib} MiB are free and ${neededMib} MiB are needed`,
    {
      availableMib,
      neededMib,
    },
  );
}

export interface Resuming {
  readonly record: VmRecord;
  readonly waits: WaitClock;
  /** Called as soon as the VMM runs, so that a crash of ours cannot lose it. */
  readonly onVmm: (vmm: VmmRecord) => void;
}

/**
 * The story of a resume, up to a guest that knows the time. The same VM goes on with the address and the MAC that it
 * had, so its TAP is plugged in before it runs. It undoes nothing itself. GATE_WRONG_VM: it is not where it was.
 */
export async function resumeVm(
  deps: VmDeps,
  progress: Progress,
  { record, waits, onVmm }: Resuming,
): Promise<LiveVm> {
  const { id } = record;
  const { frozen } = await deps.places.make(id);
  progress.step("memory");
  const manifest = await readManifest(frozen);
  await expandHere(frozen, manifest, progress.signal);

  progress.step("tap");
  const address = deps.network.reserve(id);
  const ownerUid = slotUid(address.slot);
  await deps.network.plug(address, ownerUid);

  progress.step("restore");
  const monitor = await waits.during(startVmm(deps, progress, { record, frozen, address }));
  onVmm(monitor.record);

  progress.step("agent");
  const live = await meet(deps, progress, { record, monitor, address, waits });
  progress.step("identity");
  await refreshIdentity(deps, live, progress.signal);
  return live;
}

async function expandHere(frozen: string, manifest: FrozenManifest, signal: AbortSignal): Promise<void> {
  await removeScratch(frozen, manifest);
  await expandFiles(manifest, { from: frozen, to: frozen, signal });
}

interface Started {
  readonly record: VmRecord;
  readonly address: VmAddress;
}

async function startVmm(
  deps: VmDeps,
  progress: Progress,
  { record, frozen, address }: Started & { readonly frozen: string },
): Promise<VmMonitor> {
  if (progress.signal.aborted) throw new BrowserVmError("CANCELLED", "the resume was cancelled");
  const spec = await restoredSpec(deps, { record, address, directory: frozen });
  return deps.driver.launch(progress, spec);
}

async function meet(
  deps: VmDeps,
  { signal }: Progress,
  { record, monitor, address, waits }: Started & { readonly monitor: VmMonitor; readonly waits: WaitClock },
): Promise<LiveVm> {
  const { id, hasBrowser } = record;
  const guest = new TimedGuest(deps.connectGuest(monitor), waits);
  const secrets = makeSecrets();
  try {
    const { bootId } = await introduce(deps, { record, monitor, guest, secrets, injected: [], signal });
    if (bootId !== record.bootId)
      throw new BrowserVmError("GATE_WRONG_VM", `the guest of ${id} is not the one that was paused`, {
        was: record.bootId,
        is: bootId,
      });
    const ownerUid = slotUid(address.slot);
    return new LiveVm({ ...deps, id, address, monitor, guest, secrets, waits, bootId, hasBrowser, ownerUid });
  } catch (error) {
    await guest[Symbol.asyncDispose]();
    throw error;
  }
}
