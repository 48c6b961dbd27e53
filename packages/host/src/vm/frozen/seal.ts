import { diskFull } from "../../files/disk-full.ts";
import { syncFile } from "../../files/lasting.ts";
import type { VmDeps } from "../vm-deps.ts";
import type { VmRecord } from "../vm-store.ts";
import { frozenBy } from "./frozen-by.ts";
import { sealFiles } from "./frozen-files.ts";
import { writeManifest } from "./frozen-manifest.ts";
import { stampOverlay } from "./overlay-stamp.ts";

interface Sealing {
  readonly record: VmRecord;
  readonly overlay: string;
  /** Where the driver wrote it. */
  readonly directory: string;
}

/** Makes a frozen VM one that is kept: all of it on disk for good, with a manifest that says of what it is made. DISK_FULL. */
export async function seal(deps: VmDeps, { record, overlay, directory }: Sealing): Promise<void> {
  const owner = await frozenBy(deps, record);
  try {
    // What the guest takes for written must not be lost with our page cache.
    await syncFile(overlay);
    const files = await sealFiles(directory);
    const stamp = await stampOverlay(overlay);
    const at = new Date().toISOString();
    await writeManifest(directory, { version: 1, ...owner, at, overlay: stamp, files });
  } catch (error) {
    throw diskFull(error, directory);
  }
}
