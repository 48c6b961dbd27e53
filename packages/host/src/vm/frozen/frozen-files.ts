import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { BrowserVmError } from "@browservm/contract";
import { syncFile } from "../../files/lasting.ts";
import { sha256OfFile } from "../../files/sha256.ts";
import { sizeFault } from "../../files/size-fault.ts";
import { type FrozenFile, type FrozenManifest, isManifest } from "./frozen-manifest.ts";

const MIB = 1024 * 1024;
/** Files up to this are hashed: device state, descriptions. */
const SMALL_BYTES = 4 * MIB;
const BLOCK_BYTES = 512; // st_blocks, stat(2)

export const compressedName = (name: string): string => `${name}.zst`;

/** The driver's files in `directory`, on disk for good. */
export async function sealFiles(directory: string): Promise<FrozenFile[]> {
  const names = (await readdir(directory)).filter((name) => !isManifest(name)).toSorted();
  const files: FrozenFile[] = [];
  for (const name of names) {
    const path = join(directory, name);
    await syncFile(path);
    const { size, blocks } = await stat(path);
    const written = Math.min(size, blocks * BLOCK_BYTES);
    files.push({ name, size, written, ...(size <= SMALL_BYTES ? { sha256: await sha256OfFile(path) } : {}) });
  }
  return files;
}

/** SNAPSHOT_DAMAGED names the first file that is missing, cut or (a small one) altered. */
export async function checkFiles(directory: string, files: FrozenManifest["files"]): Promise<void> {
  for (const file of files) await checkFile(directory, file);
}

async function checkFile(directory: string, { name, size, sha256, compressed }: FrozenFile): Promise<void> {
  const path = join(directory, compressed === undefined ? name : compressedName(name));
  const fault = await sizeFault(path, compressed ?? size);
  if (fault !== undefined) throw damaged(path, fault);
  if (compressed === undefined && sha256 !== undefined && (await sha256OfFile(path)) !== sha256)
    throw damaged(path, "was altered");
}

export const damaged = (path: string, why: string, cause?: unknown): BrowserVmError =>
  new BrowserVmError("SNAPSHOT_DAMAGED", `${path} ${why}`, { path }, { cause });

/** What the directory takes on disk, holes left out, in MiB with two decimals. */
export async function sizeOnDisk(directory: string): Promise<number> {
  const sizes = await Promise.all(
    (await readdir(directory)).map(async (name) => (await stat(join(directory, name))).blocks * BLOCK_BYTES),
  );
  return Math.round((sizes.reduce((sum, size) => sum + size, 0) / MIB) * 100) / 100;
}

/** Removes what an interrupted compression or expansion left beside the files that count. */
export async function removeScratch(directory: string, { files }: FrozenManifest): Promise<void> {
  const counts = new Set(
    files.map(({ name, compressed }) => (compressed === undefined ? name : compressedName(name))),
  );
  for (const name of await readdir(directory))
    if (!counts.has(name) && !isManifest(name)) await rm(join(directory, name), { force: true });
}
