import { rename, rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { BrowserVmError } from "@browservm/contract";

/** Writes a file that somebody asked for: whole or not at all, mode 0600; answers its path. OUTPUT_NOT_WRITTEN. */
export async function writeWhole(file: string, data: Uint8Array | string): Promise<string> {
  const path = resolve(file);
  const half = `${path}.half`;
  try {
    await writeFile(half, data, { mode: 0o600 });
    await rename(half, path);
    return path;
  } catch (error) {
    await rm(half, { force: true }).catch(() => {}); // the error is what counts
    const words = error instanceof Error ? error.message : String(error);
    throw new BrowserVmError("OUTPUT_NOT_WRITTEN", words, { path }, { cause: error });
  }
}
