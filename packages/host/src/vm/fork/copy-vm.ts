import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Progress } from "@browservm/contract";
import { requireSpace } from "../../files/disk-full.ts";
import { expandFiles } from "../frozen/expand-file.ts";
import { freezeInto } from "../frozen/freeze-into.ts";
import { type FrozenManifest, readManifest, writeManifest } from "../frozen/frozen-manifest.ts";
import { keepInitrd } from "../frozen/keep-initrd.ts";
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
  readonly live?: LiveVm;
}

/**
 * Copies a VM's disk, memory and state to where another VM will begin. A running one stands still for that time, which
 * its step `fork` tells; it goes on also when this fails. DISK_FULL, VMM_DIED.
 */
export async function copyVm(
  deps: VmDeps,
  progress: Progress,
  { file, target, live }: Copying,
): Promise<void> {
  const source = deps.places.of(file.record.id);
  await requireSpace(target.dir, ROOM_MIB);
  await keepInitrd(deps, file.record, target);
  if (live) await copyRunning(deps, progress, { file, target, live });
  else await copyPaused(source, target, progress.signal);
}

async function copyRunning(
  deps: VmDeps,
  { signal }: Progress,
  { file, target, live }: Required<Copying>,
): Promise<void> {
  const { overlay } = deps.places.of(file.record.id);
  const { record } = file;
  const monitor = requireFreezer({ file, live });
  file.step("fork");
  try {
    const freezing = { record, monitor, overlay, directory: target.frozen };
    await freezeInto(deps, signal, freezing);
    await copySparse(overlay, target.overlay, signal);
  } finally {
    await monitor.thaw();
    file.stepEnded("done");
    await refreshIdentity(deps, live).catch((error) =>
      deps.log.warn({ vmId: live.id, err: error }, "a guest was not told that it stood still"),
    );
  }
}

async function copyPaused(source: VmPlace, target: VmPlace, signal: AbortSignal): Promise<void> {
  const manifest = await readManifest(source.frozen);
  await mkdir(target.frozen, { mode: 0o700 });
  for (const { name, compressed } of manifest.files)
    if (compressed === undefined)
      await copySparse(join(source.frozen, name), join(target.frozen, name), signal);
  await expandFiles(manifest, { from: source.frozen, to: target.frozen, signal });
  await writeManifest(target.frozen, expanded(manifest));
  await copySparse(source.overlay, target.overlay, signal);
}

const expanded = (manifest: FrozenManifest): FrozenManifest => ({
  ...manifest,
  files: manifest.files.map(({ compressed: _, ...file }) => file),
});
