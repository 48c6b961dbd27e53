import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { isBrowserVmError, type Progress } from "@browservm/contract";
import { requireSpace } from "../../files/disk-full.ts";
import type { Freezer } from "../../vmm/vmm.ts";
import { expandFiles } from "../frozen/expand-file.ts";
import { freezeInto } from "../frozen/freeze-into.ts";
import { readManifest } from "../frozen/frozen-manifest.ts";
import type { LiveVm } from "../live-vm.ts";
import { requireFreezer } from "../pause/pause-vm.ts";
import { refreshIdentity } from "../pause/refresh-identity.ts";
import { copySparse } from "../restore.ts";
import type { VmDeps } from "../vm-deps.ts";
import type { VmFile } from "../vm-file.ts";
import type { VmPlace } from "../vm-places.ts";

const ROOM_MIB = 64;

export interface Copying {
  /** Of the VM that is copied. */
  readonly file: VmFile;
  /** Of the new VM; it has a directory, and no files. */
  readonly target: VmPlace;
  /** Absent: the source is paused. */
  readonly running?: RunningSource;
}

export interface RunningSource {
  readonly live: LiveVm;
  /** It cannot be made to go on. */
  readonly onStuck: (error: unknown) => Promise<void>;
}

/**
 * Copies a VM's disk, memory and state to where another VM will begin. A running one stands still for that time, which
 * its step `fork` tells; it goes on also when this fails. DISK_FULL, VMM_DIED.
 */
export async function copyVm(
  deps: VmDeps,
  progress: Progress,
  { file, target, running }: Copying,
): Promise<void> {
  const source = deps.places.of(file.record.id);
  await requireSpace(target.dir, ROOM_MIB);
  if (running) await copyRunning(deps, progress, { file, target, running });
  else await copyPaused(source, target, progress.signal);
}

async function copyRunning(
  deps: VmDeps,
  { signal }: Progress,
  { file, target, running }: Required<Copying>,
): Promise<void> {
  const { record } = file;
  const { overlay } = deps.places.of(record.id);
  const monitor = requireFreezer({ file, live: running.live });
  file.step("fork");
  try {
    await freezeInto(deps, signal, { record, monitor, directory: target.frozen });
    await copySparse(overlay, target.overlay, signal);
  } catch (error) {
    file.stepEnded("failed");
    // One whose VMM is gone cannot go on; its story tells that by itself.
    if (!isBrowserVmError(error, "VMM_DIED")) await goOn(deps, monitor, running);
    throw error;
  }
  file.stepEnded("done");
  await goOn(deps, monitor, running);
}

async function goOn(deps: VmDeps, monitor: Freezer, { live, onStuck }: RunningSource): Promise<void> {
  try {
    await monitor.thaw();
  } catch (error) {
    return onStuck(error);
  }
  await refreshIdentity(deps, live).catch((error) =>
    deps.log.warn({ vmId: live.id, err: error }, "a guest was not told that it stood still"),
  );
}

async function copyPaused(source: VmPlace, target: VmPlace, signal: AbortSignal): Promise<void> {
  const manifest = await readManifest(source.frozen);
  await mkdir(target.frozen, { mode: 0o700 });
  for (const { name, compressed } of manifest.files)
    if (compressed === undefined)
      await copySparse(join(source.frozen, name), join(target.frozen, name), signal);
  await expandFiles(manifest, { from: source.frozen, to: target.frozen, signal });
  await copySparse(source.overlay, target.overlay, signal);
}
