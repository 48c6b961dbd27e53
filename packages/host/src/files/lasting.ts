import { open } from "node:fs/promises";

/** Makes a file's content, or the names in a directory, survive a power cut. */
export async function syncFile(path: string): Promise<void> {
  await using file = await open(path, "r");
  await file.sync();
}

export const syncDirectory = syncFile;
