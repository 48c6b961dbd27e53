import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes a file's content, or the names in a directory, survive a power cut. */
export async function syncFile(path: string): Promise<void> {
  await using file = await open(path, "r");
  await file.sync();
}

export const syncDirectory = syncFile;

/** Beside the file that it becomes; `*.tmp` in the same directory counts for nothing after a crash. */
export const draftOf = (path: string): string => `${path}.tmp`;

/** Replaces a small file as a whole, durably: a crash leaves the old one or the new one. On failure no draft is left. */
export async function writeLasting(path: string, text: string, mode: number): Promise<void> {
  const draft = draftOf(path);
  try {
    {
      await using file = await open(draft, "w", mode);
      await file.writeFile(text);
      await file.sync();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}
