import { rename, rm } from "node:fs/promises";
import { BrowserVmError, type Progress } from "@browservm/contract";
import { syncDirectory } from "../../files/lasting.ts";
import { canFreeze, type Freezer, type VmMonitor } from "../../vmm/vmm.ts";
import { takeDown } from "../clean-up.ts";
import { freezeInto } from "../frozen/freeze-into.ts";
import { sizeOnDisk } from "../frozen/frozen-files.ts";
import { seal } from "../frozen/seal.ts";
import type { LiveVm } from "../live-vm.ts";
import type { VmDeps } from "../vm-deps.ts";
import type { VmFile } from "../vm-file.ts";
import { refreshIdentity } from "./refresh-identity.ts";

export interface Pausing {
  readonly file: VmFile;
  readonly live: LiveVm;
}

/** SNAPSHOT_UNSUPPORTED: its VMM cannot write it down. */
export function requireFreezer({ file, live }: Pausing): VmMonitor & Freezer {
  const { monitor } = live;
  if (canFreeze(monitor)) return monitor;
  const { driver, id } = file.record;
  throw new BrowserVmError("SNAPSHOT_UNSUPPORTED", `VM ${id} cannot be frozen`, {
    why: `${driver} cannot freeze its guests here`,
  });
}

/**
 * Writes the VM to disk, then ends its VMM. Until the directory has its final name the running VM is what counts, and
 * from then on the directory is: whoever finds the one or the other after a crash knows which, so no moment loses it.
 */
export async function pauseVm(deps: VmDeps, progress: Progress, pausing: Pausing): Promise<void> {
  const { file, live } = pausing;
  const { record } = file;
  const monitor = requireFreezer(pausing);
  const place = deps.places.of(record.id);
  // Of an earlier pause: it belongs to an overlay that was written since.
  await rm(place.frozen, { recursive: true, force: true });
  progress.step("freeze");
  const { overlay, freezing: directory } = place;
  const owner = await freezeInto(deps, progress.signal, { record, monitor, directory });
  progress.step("commit");
  await seal({ owner, overlay, directory });
  const sizeMib = await sizeOnDisk(place.freezing);
  progress.signal.throwIfAborted();
  await rename(place.freezing, place.frozen);
  await syncDirectory(place.dir);
  file.frozen({ at: new Date().toISOString(), sizeMib, compressed: false });
  progress.step("free");
  live.closeStreams();
  await takeDown(deps, record, live);
  file.vmmGone();
}

/**
 * After a pause that failed before it counted: the guest goes on where it was stopped, and its path is proven, for
 * neighbours may have given it up meanwhile. Fails with why it does not.
 */
export async function goOn(deps: VmDeps, pausing: Pausing, signal: AbortSignal): Promise<void> {
  const { live, file } = pausing;
  await requireFreezer(pausing).thaw();
  await rm(deps.places.of(file.record.id).freezing, { recursive: true, force: true });
  // Its clock is late by then; it goes on nevertheless, and its path says whether it is well.
  await refreshIdentity(deps, live, signal).catch((error) =>
    deps.log.warn({ vmId: live.id, err: error }, "a guest was not told that it stood still"),
  );
  await live.provePath().catch(async () => {
    await deps.mend();
    await live.provePath();
  });
}
