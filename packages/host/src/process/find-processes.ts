import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { identify, type ProcessIdentity } from "./identity.ts";

/** A jail's root directory, or a link to it, has this name in the directory of ours that it belongs to. */
const JAIL = "jail";

/**
 * Processes that belong to `path`, a directory of ours: they have it in one of their arguments, or are jailed in it.
 * Ours is never one of them.
 */
export async function findProcesses(path: string): Promise<ProcessIdentity[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const jail = await fileId(join(path, JAIL));
  const found = await Promise.all(
    pids.map(async (pid) => (await mentions(pid, path)) ?? (await jailedIn(pid, jail))),
  );
  return found.filter((identity) => identity !== undefined);
}

/** Device and inode: in its own mount namespace a jailed process has another path for the same directory. */
async function fileId(path: string): Promise<string | undefined> {
  const stats = await stat(path).catch(() => undefined); // no jail, or the process has ended
  return stats && `${stats.dev}:${stats.ino}`;
}

async function jailedIn(pid: number, jail: string | undefined): Promise<ProcessIdentity | undefined> {
  if (jail === undefined || pid === process.pid) return undefined;
  return (await fileId(`/proc/${pid}/root/`)) === jail ? identify(pid) : undefined;
}

async function mentions(pid: number, path: string): Promise<ProcessIdentity | undefined> {
  if (pid === process.pid) return undefined;
  // Gone meanwhile: then it mentions nothing.
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  const named = commandLine.split("\0").some((argument) => argument.includes(`${path}/`));
  return named ? identify(pid) : undefined;
}
