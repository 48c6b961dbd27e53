import { diskFull } from "../../files/disk-full.ts";
import { syncFile } from "../../files/lasting.ts";
import type { Owner } from "./frozen-by.ts";
import { sealFiles } from "./frozen-files.ts";
import { writeManifest } from "./frozen-manifest.ts";
import { stampOverlay } from "./overlay-stamp.ts";

interface Sealing {
  readonly owner: Owner;
  readonly overlay: string;
  /** Where the driver wrote it. */
  readonly directory: string;
}

/** Makes a frozen VM one that is kept: all of it on disk for good, with a manifest that says of what it is made. DISK_FULL. */
export async function seal({ owner, overlay, directory }: Sealing): Promise<void> {
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
