import { readdir, readFile } from "node:fs/promises";
import { identify, type ProcessIdentity } from "./identity.ts";

/** Processes that have `path` (a directory of ours) in one of their arguments, ours excepted. */
export async function findProcesses(path: string): Promise<ProcessIdentity[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map((pid) => mentions(pid, path)));
  return found.filter((identity) => identity !== undefined);
}

async function mentions(pid: number, path: string): Promise<ProcessIdentity | undefined> {
  if (pid === process.pid) return undefined;
  // Gone meanwhile: then it mentions nothing.
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  const named = commandLine.split("\0").some((argument) => argument.includes(`${path}/`));
  return named ? identify(pid) : undefined;
}
