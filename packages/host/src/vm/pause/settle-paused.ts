import { rm } from "node:fs/promises";
import { BrowserVmError } from "@browservm/contract";
import { takeDown } from "../clean-up.ts";
import { checkFiles, sizeOnDisk } from "../frozen/frozen-files.ts";
import { readManifest } from "../frozen/frozen-manifest.ts";
import { isUntouched } from "../frozen/overlay-stamp.ts";
import type { VmDeps } from "../vm-deps.ts";
import type { VmFile } from "../vm-file.ts";
import type { VmRecord } from "../vm-store.ts";

/**
 * Whether the VM can still go on from where it was frozen. It is its memory and its disk together: once its guest has
 * written the disk again, that memory believes in blocks that are not there any more, and must never run.
 */
export async function isStillFrozen(deps: VmDeps, record: VmRecord): Promise<boolean> {
  const { frozen, overlay } = deps.places.of(record.id);
  try {
    const manifest = await readManifest(frozen);
    await checkFiles(frozen, manifest.files);
    return await isUntouched(overlay, manifest.overlay);
  } catch {
    return false; // there is none, or it is damaged
  }
}

/**
 * After a restart of hostd: what became of a VM that was paused, or on its way there or back. `paused`: nothing runs
 * of it, and it can be resumed. `running`: its VMM counts, and is to be adopted. VMM_DIED: neither.
 */
export async function settlePaused(deps: VmDeps, file: VmFile): Promise<"paused" | "running"> {
  const { state } = file.record;
  if (state === "paused") await rest(deps, file);
  else if (state === "pausing") return settlePausing(deps, file);
  else if (state === "resuming") return settleResuming(deps, file);
  else return "running";
  return "paused";
}

/** The final name of the directory is what decides: see `pauseVm`. */
async function settlePausing(deps: VmDeps, file: VmFile): Promise<"paused" | "running"> {
  const { id } = file.record;
  if (await isStillFrozen(deps, file.record)) {
    await rest(deps, file);
    return "paused";
  }
  await rm(deps.places.of(id).freezing, { recursive: true, force: true });
  return "running";
}

/** A guest that runs already goes on; one whose VMM had not come so far begins again from its files. */
async function settleResuming(deps: VmDeps, file: VmFile): Promise<"paused" | "running"> {
  const { vmm, id } = file.record;
  const monitor = vmm && (await deps.driver.adopt(vmm));
  await monitor?.detach();
  if (monitor) return "running";
  await takeDown(deps, file.record, undefined);
  if (!(await isStillFrozen(deps, file.record)))
    throw new BrowserVmError("VMM_DIED", `the VMM of ${id} ended while hostd was down`);
  await rest(deps, file);
  return "paused";
}

/** Nothing of it runs from here on. */
async function rest(deps: VmDeps, file: VmFile): Promise<void> {
  const { record } = file;
  await takeDown(deps, record, undefined);
  file.vmmGone();
  const { frozen } = deps.places.of(record.id);
  if (!record.paused) {
    const { at } = await readManifest(frozen);
    file.frozen({ at, sizeMib: await sizeOnDisk(frozen), compressed: false });
  }
  if (record.state !== "paused") file.enter("paused");
}
