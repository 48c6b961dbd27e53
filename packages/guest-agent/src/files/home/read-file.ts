import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { FileFault } from "./file-fault.ts";
import { openBelow, placeOf, within } from "./open-below.ts";

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** A plain file below the home, open for reading, and its size. The caller closes it. */
export async function openForReading(
  home: string,
  path: string,
): Promise<{ readonly file: FileHandle; readonly size: number }> {
  const { parents, name } = placeOf(path);
  await using directory = await openBelow(home, parents);
  // Without O_NONBLOCK a FIFO would hold us for ever.
  const file = await open(within(directory, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const stats = await file.stat();
  if (stats.isFile()) return { file, size: stats.size };
  await file.close();
  throw new FileFault("FILE_REFUSED", stats.isDirectory() ? "it is a directory" : "it is no plain file");
}
