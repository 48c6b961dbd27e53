import { z } from "zod";
import { Reason } from "../gate.ts";
import { ImageName } from "./image-name.ts";

/** An image's name, a dash, and the first 16 hex digits of the hash of all that a snapshot depends on. */
export const SnapshotId = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}-[0-9a-f]{16}$/);

/** Which snapshot is meant; what is left out is the image's default. */
export const SnapshotRequest = z.strictObject({
  image: ImageName.default("browser"),
  vcpus: z.int().min(1).max(16).optional(),
  memoryMib: z.int().min(128).max(65_536).optional(),
  diskMib: z.int().min(64).max(262_144).optional(),
});
export type SnapshotRequest = z.infer<typeof SnapshotRequest>;

/** A golden snapshot: an image booted once, its browser painted, frozen. It holds no identity and no secret. */
export const Snapshot = z.object({
  id: SnapshotId,
  state: z.enum(["building", "ready", "failed"]),
  image: z.string(),
  imageId: z.string(),
  vcpus: z.int(),
  memoryMib: z.int(),
  diskMib: z.int(),
  driver: z.string(),
  /** Name and version of the VMM, and the processor that it shows to the guest: of another one none is restored. */
  vmm: z.string(),
  cpu: z.string(),
  accelerator: z.string(),
  /** What a build does now; absent when it is over. */
  step: z.string().optional(),
  reason: Reason.optional(),
  madeAt: z.iso.datetime().optional(),
  buildMs: z.number().optional(),
  /** What it takes on disk, in MiB. */
  sizeMib: z.number().optional(),
  /** VMs that run from it now. */
  users: z.int(),
  /** False: image, VMM or processor changed since, so that nothing is restored from it any more. */
  current: z.boolean(),
});
export type Snapshot = z.infer<typeof Snapshot>;
