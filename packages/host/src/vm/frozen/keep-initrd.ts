import { constants, copyFile, link } from "node:fs/promises";
import type { VmDeps } from "../vm-deps.ts";
import type { VmPlace } from "../vm-places.ts";
import type { VmRecord } from "../vm-store.ts";

/**
 * Gives `target` the initramfs that this VM was booted with, for its VMM wants the same when it goes on. One that was
 * restored has its golden snapshot's, which may be gone by then. It is only ever read: one file serves all.
 */
export async function keepInitrd(deps: VmDeps, record: VmRecord, target: VmPlace): Promise<void> {
  const own = deps.places.of(record.id).initrd;
  if (await linkOrCopy(own, target.initrd)) return;
  const golden = (await deps.snapshots.list()).find(({ id }) => id === record.snapshotId);
  if (golden) await linkOrCopy(golden.initrd, target.initrd);
}

/** False: there is no such file. */
async function linkOrCopy(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return false;
    if (code === "EEXIST") return true;
    if (code !== "EXDEV") throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL);
    return true;
  }
}
