import { constants } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { homePathFault } from "@browservm/contract/guest/home-path";
import { FileFault } from "./file-fault.ts";

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
const OPEN_DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

/** The names that a path is made of; none for the home itself. BAD_REQUEST. */
export function namesOf(path: string): string[] {
  if (path === "") return [];
  const fault = homePathFault(path);
  if (fault) throw new FileFault("BAD_REQUEST", fault);
  return path.split("/");
}

/** Directory and name of a path that must have a name. BAD_REQUEST. */
export function placeOf(path: string): { readonly parents: string[]; readonly name: string } {
  const names = namesOf(path);
  const name = names.pop();
  if (name === undefined) throw new FileFault("BAD_REQUEST", "the path names no file");
  return { parents: names, name };
}

/** A name in an open directory as a path: whatever becomes of the directory's own name, it stays that one (proc(5)). */
export const within = (directory: FileHandle, name: string): string =>
  `/proc/self/fd/${directory.fd}/${name}`;

interface OpenOptions {
  /** Directories that are missing are made, with this mode. */
  readonly make?: number;
}

/** Opens a directory below the home, name by name, and never through a link. */
export async function openBelow(
  home: string,
  names: readonly string[],
  { make }: OpenOptions = {},
): Promise<FileHandle> {
  let directory = await open(home, OPEN_DIRECTORY);
  for (const name of names) {
    await using above = directory;
    const path = within(above, name);
    if (make !== undefined) await mkdir(path, make).catch(unlessThere);
    directory = await open(path, OPEN_DIRECTORY);
  }
  return directory;
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}
