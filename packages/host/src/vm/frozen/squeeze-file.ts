import { once } from "node:events";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { syncDirectory } from "../../files/lasting.ts";
import { compressedName, sizeOnDisk } from "./frozen-files.ts";
import { type FrozenManifest, readManifest, writeManifest } from "./frozen-manifest.ts";
import type { SqueezeAnswer, SqueezeOrder } from "./squeeze-worker.ts";

/** Smaller files are left as they are. */
const WORTH_BYTES = 64 * 1024;

/**
 * Compresses what is large in a frozen VM, file by file. The manifest says which of both counts, and is replaced when
 * the compressed one is complete on disk, so that an end at any moment loses nothing. Answers what it takes now, in MiB.
 */
export async function squeezeFrozen(directory: string, signal: AbortSignal): Promise<number> {
  let manifest = await readManifest(directory);
  for (const { name, size, compressed } of manifest.files) {
    if (compressed === undefined && size >= WORTH_BYTES)
      manifest = await squeezeOne(directory, { manifest, name, signal });
  }
  return sizeOnDisk(directory);
}

interface OneFile {
  readonly manifest: FrozenManifest;
  readonly name: string;
  readonly signal: AbortSignal;
}

async function squeezeOne(directory: string, { manifest, name, signal }: OneFile): Promise<FrozenManifest> {
  const from = join(directory, name);
  const to = join(directory, compressedName(name));
  const draft = `${to}.tmp`;
  try {
    const bytes = await inWorker({ from, to: draft }, signal);
    signal.throwIfAborted();
    await rename(draft, to);
    await syncDirectory(directory);
    const files = manifest.files.map((file) => (file.name === name ? { ...file, compressed: bytes } : file));
    const changed = { ...manifest, files };
    await writeManifest(directory, changed);
    await rm(from);
    return changed;
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** A thread of its own at the lowest priority: what is in use goes first. */
async function inWorker(order: SqueezeOrder, signal: AbortSignal): Promise<number> {
  signal.throwIfAborted();
  const worker = new Worker(new URL("./squeeze-worker.ts", import.meta.url), { workerData: order });
  try {
    const [answer] = (await once(worker, "message", { signal })) as [SqueezeAnswer];
    return answer.bytes;
  } finally {
    await worker.terminate();
  }
}
