import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../process/run.ts";

/** Removes a directory, but never follows into another file system that may be mounted in it. */
export async function removeTree(path: string): Promise<void> {
  await run("rm", ["-rf", "--one-file-system", "--", path], { timeoutMs: 5 * 60_000 });
}

/** Removes what builds before us left half-made. Only for the holder of the build lock. */
export async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (/^\.(staging|removed)-/.test(name)) await removeTree(join(directory, name));
  }
}

/** Removes what a newer build of the same thing replaced: `<prefix><16 hex digits>` other than `keep`. */
export async function removeSuperseded(directory: string, prefix: string, keep: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const old = name.startsWith(prefix) && /^[0-9a-f]{16}$/.test(name.slice(prefix.length));
    if (old && name !== keep) await removeTree(join(directory, name));
  }
}
