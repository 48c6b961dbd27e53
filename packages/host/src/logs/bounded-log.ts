import { open, rename, stat } from "node:fs/promises";
import { previousOf } from "./previous.ts";

/**
 * A log that another process appends to, which the kernel keeps small even while we are dead: the file begins with
 * a hole of `origin` bytes, and the writer's RLIMIT_FSIZE is `origin + limitBytes` (see
 * docs/decisions/020-bounded-consoles.md). Sizes in bytes.
 */
export interface LogBounds {
  readonly path: string;
  readonly origin: number;
  readonly limitBytes: number;
}

/** Cut when three quarters are used; a quarter is kept in the file of the previous part. */
const CUT_AT = 0.75;
const KEEP = 0.25;

/** Makes the empty log, private to root. What an earlier VMM wrote there is gone. */
export async function prepareLog({ path, origin }: LogBounds): Promise<void> {
  await using file = await open(path, "w", 0o600);
  await file.truncate(origin);
}

/** Moves the newest quarter aside and empties the log, if it is nearly full. Answers whether it did. */
export async function cutLog({ path, origin, limitBytes }: LogBounds): Promise<boolean> {
  const { size } = await stat(path);
  if (size - origin < limitBytes * CUT_AT) return false;
  const kept = Buffer.alloc(Math.floor(limitBytes * KEEP));
  await using file = await open(path, "r+");
  const { bytesRead } = await file.read(kept, 0, kept.length, size - kept.length);
  await writeWhole(previousOf(path), kept.subarray(0, bytesRead));
  // The writer appends (O_APPEND), so it goes on at the new end.
  await file.truncate(origin);
  return true;
}

async function writeWhole(path: string, content: Uint8Array): Promise<void> {
  const draft = `${path}.new`;
  {
    await using file = await open(draft, "w", 0o600);
    await file.writeFile(content);
  }
  await rename(draft, path);
}
