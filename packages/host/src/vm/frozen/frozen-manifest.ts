import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { BrowserVmError } from "@browservm/contract";
import { z } from "zod";
import { draftOf, writeLasting } from "../../files/lasting.ts";
import { ACCELERATORS } from "../../vmm/vmm.ts";

const NAME = "manifest.json";

const FrozenFile = z.object({
  name: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/),
  /** Of the file as the driver wrote it, in bytes. */
  size: z.int().nonnegative(),
  /** Of these bytes, the ones that were no holes: what its memory takes again when it goes on. */
  written: z.int().nonnegative(),
  /** Of small files only: to hash a whole memory would take longer than to restore it. */
  sha256: z.string().optional(),
  /** Set once it is compressed, as `<name>.zst`: the bytes of that file. */
  compressed: z.int().nonnegative().optional(),
});
export type FrozenFile = z.infer<typeof FrozenFile>;

/** What a frozen VM is made of, and what it can be restored by. Written last: a directory without it is incomplete. */
export const FrozenManifest = z.object({
  version: z.literal(1),
  driver: z.string(),
  accelerator: z.enum(ACCELERATORS),
  vmm: z.string(),
  cpu: z.string(),
  imageId: z.string(),
  vcpus: z.int(),
  memoryMib: z.int(),
  /** Inode of the network namespace that it ran in; another one is no obstacle, for no process of it is left. */
  netns: z.string(),
  at: z.iso.datetime(),
  /** The overlay as the memory knows it. Time in nanoseconds since the epoch, as text. */
  overlay: z.object({ size: z.int(), modified: z.string().regex(/^\d+$/) }),
  files: z.array(FrozenFile).max(64),
});
export type FrozenManifest = z.infer<typeof FrozenManifest>;

/** Of the frozen VM in `directory`. SNAPSHOT_DAMAGED: there is none, or it cannot be read. */
export async function readManifest(directory: string): Promise<FrozenManifest> {
  const path = join(directory, NAME);
  try {
    return FrozenManifest.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    const why = cause instanceof Error && "code" in cause ? String(cause.code) : "it cannot be read";
    throw new BrowserVmError("SNAPSHOT_DAMAGED", `${path}: ${why}`, { path }, { cause });
  }
}

/** Replaces it as a whole; durable when it settles. */
export const writeManifest = (directory: string, manifest: FrozenManifest): Promise<void> =>
  writeLasting(join(directory, NAME), JSON.stringify(manifest), 0o600);

/** Whether this is a file of ours, not of the driver. */
export const isManifest = (name: string): boolean => name === NAME || name === draftOf(NAME);
