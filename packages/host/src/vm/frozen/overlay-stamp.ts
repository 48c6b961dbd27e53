import { stat } from "node:fs/promises";
import type { FrozenManifest } from "./frozen-manifest.ts";

export type OverlayStamp = FrozenManifest["overlay"];

/**
 * How one sees that a disk was written: its size and its time of modification, which every write(2) moves. Read while
 * its VMM is stopped.
 */
export async function stampOverlay(path: string): Promise<OverlayStamp> {
  const { size, mtimeNs } = await stat(path, { bigint: true });
  return { size: Number(size), modified: String(mtimeNs) };
}

/** Whether nobody has written the disk since. One that is gone is not the same. */
export async function isUntouched(path: string, since: OverlayStamp): Promise<boolean> {
  const now = await stampOverlay(path).catch(() => undefined);
  return now !== undefined && now.size === since.size && now.modified === since.modified;
}
