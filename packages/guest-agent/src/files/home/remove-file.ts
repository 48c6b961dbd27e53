import { lstat, rmdir, unlink } from "node:fs/promises";
import { openBelow, placeOf, within } from "./open-below.ts";

/** Removes a file, a link itself, or an empty directory below the home. */
export async function removeFile(home: string, path: string): Promise<void> {
  const { parents, name } = placeOf(path);
  await using directory = await openBelow(home, parents);
  const target = within(directory, name);
  const stats = await lstat(target);
  await (stats.isDirectory() ? rmdir(target) : unlink(target));
}
