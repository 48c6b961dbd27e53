import type { Stats } from "node:fs";
import { chmod, chown, lchown, link, lstat, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { BrowserVmError, isBrowserVmError } from "@browservm/contract";
import { syncDirectory, syncFile } from "../../files/lasting.ts";
import { run } from "../../process/run.ts";
import { factsFileOf } from "../facts-file.ts";
import { JAILED } from "./cold-start.ts";

const MIB = 1024 * 1024;
const ROOT = 0;
/** No VMM may write what others start from, or what it started from itself: nobody may, and the owner is root. */
const READ_ONLY = 0o444;
/** Names of a frozen VM's files, and where its Firecracker writes and reads them. */
const FILES = [
  { name: "state", jailed: JAILED.state },
  { name: "memory", jailed: JAILED.memory },
] as const;

export interface FrozenPlace {
  /** The jail's root, as hostd sees it. */
  readonly jail: string;
  /** Where the files are kept. */
  readonly directory: string;
}

/**
 * Takes what a Firecracker of user `uid` wrote out of its jail into `directory`; on disk, and read-only, when it
 * settles. BAD_CONFIG when they lie on two file systems, VMM_PROTOCOL when it is not what Firecracker writes.
 */
export async function takeOut({ jail, directory }: FrozenPlace, uid: number): Promise<void> {
  for (const { name, jailed } of FILES) {
    const path = join(directory, name);
    // First out of reach of the jail, where it could be exchanged while we look.
    await rename(join(jail, jailed), path).catch((cause: unknown) => {
      throw elsewhere(cause, directory);
    });
    requireOwn(await lstat(path), uid, path);
    await lchown(path, ROOT, ROOT);
    await chmod(path, READ_ONLY);
    await syncFile(path);
  }
  await syncDirectory(directory);
}

export interface Patience {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/**
 * Gives back the space of memory that is zero: Firecracker writes it, too, and most of a guest that just booted is. It
 * takes as long as writing did, so it is for what is kept, not for somebody who waits.
 */
export async function digHoles(directory: string, { signal, timeoutMs }: Patience): Promise<void> {
  const path = join(directory, "memory");
  await run("fallocate", ["--dig-holes", path], { signal, timeoutMs }).catch((error: unknown) => {
    // A file system without holes keeps the zeros.
    if (!isBrowserVmError(error, "COMMAND_FAILED") && !isBrowserVmError(error, "TOOL_MISSING")) throw error;
  });
  await syncFile(path);
}

/** Removes what a freeze that failed left at either place. */
export async function dropFrozen({ jail, directory }: FrozenPlace): Promise<void> {
  for (const { name, jailed } of FILES) {
    await rm(join(jail, jailed), { force: true });
    await rm(join(directory, name), { force: true });
  }
  await rm(factsFileOf(directory), { force: true });
}

/**
 * Lets a jail see a frozen VM's files: hard links that its user can only read, so that whatever its VMM does stays its
 * own. SNAPSHOT_DAMAGED when one is missing or cut, BAD_CONFIG when it lies on another file system.
 */
export async function linkFrozen({ jail, directory }: FrozenPlace, memoryMib: number): Promise<void> {
  for (const { name, jailed } of FILES) {
    const path = join(directory, name);
    const stats = await lstat(path).catch((cause: unknown) => {
      throw damaged(`${path} is missing`, path, cause);
    });
    if (!stats.isFile()) throw damaged(`${path} is no file`, path);
    if (name === "memory" && stats.size !== memoryMib * MIB)
      throw damaged(`${path} has ${stats.size} bytes, the VM's memory has ${memoryMib * MIB}`, path);
    // It may have been packed and unpacked since it was frozen.
    if (stats.uid !== ROOT) await chown(path, ROOT, ROOT);
    if ((stats.mode & 0o777) !== READ_ONLY) await chmod(path, READ_ONLY);
    await link(path, join(jail, jailed)).catch((cause: unknown) => {
      throw elsewhere(cause, directory);
    });
  }
}

/** After the load Firecracker needs the names no more: a later freeze writes new files in their place. */
export async function unlinkFrozen(jail: string): Promise<void> {
  for (const { jailed } of FILES) await rm(join(jail, jailed), { force: true });
}

/** A jail's user could have put a link to another file there; to which it would then be given back read-only. */
function requireOwn(stats: Stats, uid: number, path: string): void {
  if (stats.isFile() && stats.uid === uid && stats.nlink === 1) return;
  throw new BrowserVmError("VMM_PROTOCOL", "what the VMM left as its frozen state is not a file of its own", {
    path,
  });
}

const damaged = (sentence: string, path: string, cause?: unknown) =>
  new BrowserVmError("SNAPSHOT_DAMAGED", sentence, { path }, { cause });

function elsewhere(cause: unknown, directory: string): unknown {
  if (!(cause instanceof Error && "code" in cause && cause.code === "EXDEV")) return cause;
  return new BrowserVmError(
    "BAD_CONFIG",
    `${directory} lies on another file system than the jail; snapshots and VMs must share one below stateDir`,
    { path: directory },
    { cause },
  );
}
