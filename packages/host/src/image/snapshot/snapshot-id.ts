import { createHash } from "node:crypto";
import type { SnapshotBasis } from "./snapshot.ts";

/** Changed when the way in which snapshots are made changes what they hold. */
const MAKER_VERSION = 1;

/** The name of the snapshot that is made on this basis: equal bases, equal names. */
export function snapshotIdOf(basis: SnapshotBasis): string {
  const { image, imageId, shape, driver, accelerator, frozenBy, mtu } = basis;
  const { vcpus, memoryMib, diskMib } = shape;
  const parts = [MAKER_VERSION, imageId, vcpus, memoryMib, diskMib, driver, accelerator, frozenBy.vmm];
  const text = JSON.stringify([...parts, frozenBy.cpu, mtu]);
  return `${image}-${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}
