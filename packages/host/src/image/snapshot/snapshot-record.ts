import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { BrowserVmError } from "@browservm/contract";
import { z } from "zod";
import { sizeFault } from "../../files/size-fault.ts";
import { ACCELERATORS } from "../../vmm/vmm.ts";
import { sha256OfSparse } from "./sha256-of-sparse.ts";
import type { GoldenSnapshot } from "./snapshot.ts";

export const RECORD_FILE = "snapshot.json";
export const PLACES = { frozen: "frozen", overlay: "overlay.img" } as const;

const MIB = 1024 * 1024;
/** `stat` counts blocks of this size (stat(2)). */
const BLOCK_BYTES = 512;

/** The hash is `sha256OfSparse`'s. */
const Stored = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().nonnegative() });

/** snapshot.json: what a snapshot was made of, and what each of its files must be. */
export const SnapshotRecord = z.object({
  version: z.literal(1),
  id: z.string(),
  basis: z.object({
    image: z.string(),
    imageId: z.string(),
    shape: z.object({ vcpus: z.int(), memoryMib: z.int(), diskMib: z.int() }),
    driver: z.string(),
    accelerator: z.enum(ACCELERATORS),
    frozenBy: z.object({ vmm: z.string(), cpu: z.string() }),
    mtu: z.int(),
  }),
  madeAt: z.iso.datetime(),
  buildMs: z.number().nonnegative(),
  /** What it takes on disk: most of its files are sparse. */
  sizeMib: z.number().nonnegative(),
  /** By their path below the snapshot's directory. */
  files: z.record(z.string(), Stored),
});
export type SnapshotRecord = z.infer<typeof SnapshotRecord>;

export const damaged = (path: string, why: string, cause?: unknown): BrowserVmError =>
  new BrowserVmError("SNAPSHOT_DAMAGED", `${path} ${why}`, { path }, { cause });

/** SNAPSHOT_DAMAGED when it is missing, altered or another snapshot's. */
export async function readRecord(directory: string, id: string): Promise<SnapshotRecord> {
  const path = join(directory, RECORD_FILE);
  const text = await readFile(path, "utf8").catch((error) => {
    throw damaged(path, "cannot be read", error);
  });
  let record: SnapshotRecord;
  try {
    record = SnapshotRecord.parse(JSON.parse(text));
  } catch (error) {
    throw damaged(path, "is not the record of a snapshot", error);
  }
  if (record.id !== id) throw damaged(path, `is the record of ${record.id}`);
  return record;
}

/** SNAPSHOT_DAMAGED when a file is missing or of another size. Cheap, so that it can be asked at every start. */
export async function checkSizes(directory: string, { files }: SnapshotRecord): Promise<void> {
  for (const [name, { size }] of Object.entries(files)) {
    const path = join(directory, name);
    const fault = await sizeFault(path, size);
    if (fault !== undefined) throw damaged(path, fault);
  }
}

/** Re-reads every file. SNAPSHOT_DAMAGED names the first that is not what was frozen. */
export async function checkContents(
  directory: string,
  { files }: SnapshotRecord,
  signal?: AbortSignal,
): Promise<void> {
  for (const [name, { sha256 }] of Object.entries(files)) {
    const path = join(directory, name);
    if ((await sha256OfSparse(path, signal)) !== sha256) throw damaged(path, "is not what was frozen");
  }
}

/** Every file below the directory with its size and hash, and what they take on disk in MiB. */
export async function describeFiles(
  directory: string,
): Promise<{ files: SnapshotRecord["files"]; sizeMib: number }> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files: SnapshotRecord["files"] = {};
  let bytes = 0;
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const { size, blocks } = await stat(path);
    bytes += blocks * BLOCK_BYTES;
    files[path.slice(directory.length + 1)] = { size, sha256: await sha256OfSparse(path) };
  }
  return { files, sizeMib: Math.round((bytes / MIB) * 10) / 10 };
}

export function toSnapshot(directory: string, record: SnapshotRecord): GoldenSnapshot {
  const { id, basis, madeAt, buildMs, sizeMib } = record;
  return {
    id,
    basis,
    madeAt,
    buildMs,
    sizeMib,
    frozen: join(directory, PLACES.frozen),
    overlay: join(directory, PLACES.overlay),
  };
}
