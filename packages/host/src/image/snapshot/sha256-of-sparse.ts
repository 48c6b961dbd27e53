import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { dataExtents } from "../../linux/data-extents.ts";

/** Blocks are compared with nothing but zeros as a whole. */
const BLOCK_BYTES = 65_536;
const READ_BYTES = 16 * BLOCK_BYTES;
const ZEROS = Buffer.alloc(BLOCK_BYTES);

/**
 * SHA-256 over those blocks of 64 KiB that are not all zeros, each after its offset, in hex. Holes are not even read: a
 * guest's memory and disk consist mostly of them. The same content has the same hash, wherever its holes are.
 */
export async function sha256OfSparse(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  await using file = await open(path, "r");
  let done = 0;
  // A list: reading moves nothing, but other extents may appear while we read.
  for (const { start, end } of [...dataExtents(file.fd)]) {
    const from = Math.max(done, start - (start % BLOCK_BYTES));
    for (let at = from; at < end; at += READ_BYTES) {
      signal?.throwIfAborted();
      addBlocks(hash, await readAt(file, at), at);
      done = at + READ_BYTES;
    }
  }
  return hash.digest("hex");
}

async function readAt(file: FileHandle, at: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, at);
  return buffer.subarray(0, bytesRead);
}

function addBlocks(hash: ReturnType<typeof createHash>, bytes: Buffer, at: number): void {
  for (let offset = 0; offset < bytes.length; offset += BLOCK_BYTES) {
    const block = bytes.subarray(offset, offset + BLOCK_BYTES);
    if (block.equals(ZEROS.subarray(0, block.length))) continue;
    hash.update(`${at + offset} ${block.length}\n`);
    hash.update(block);
  }
}
