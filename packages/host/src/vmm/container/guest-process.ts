import { readFileSync, statSync } from "node:fs";
import { childrenOf } from "../../process/descendants.ts";
import { identify, type ProcessIdentity } from "../../process/identity.ts";

/**
 * The processes of a container: `unshare`, which hostd started and whose end tells of all; the runtime, first of a pid
 * namespace in which the guest has its own, so that none of them outlives it; the guest's init.
 */
export interface ContainerProcesses {
  readonly runtime: ProcessIdentity;
  /** Undefined while there is none yet, or no more. */
  readonly init: ProcessIdentity | undefined;
}

/** Undefined while the runtime is not started yet, or no more. */
export function processesBelow(outer: number): ContainerProcesses | undefined {
  const runtime = onlyChild(outer);
  return runtime && { runtime, init: onlyChild(runtime.pid) };
}

function onlyChild(pid: number): ProcessIdentity | undefined {
  return childrenOf(pid)
    .map((child) => identify(child))
    .find((identity) => identity !== undefined);
}

/** Whether init has a root of its own already: then its mounts are made, and it is about to begin. */
export function hasOwnRoot({ runtime, init }: ContainerProcesses): boolean {
  const [own, other] = [rootOf(runtime.pid), init && rootOf(init.pid)];
  return own !== undefined && other !== undefined && own !== other;
}

/** Device and inode of a process's root directory; undefined when it is gone. */
function rootOf(pid: number): string | undefined {
  try {
    const stats = statSync(`/proc/${pid}/root/`);
    return `${stats.dev}:${stats.ino}`;
  } catch {
    return undefined; // gone
  }
}

/** The user of this machine that is root for a process (user_namespaces(7), "uid_map"); undefined when it is gone. */
export function mappedRoot(pid: number): number | undefined {
  try {
    const [inside, outside] = readFileSync(`/proc/${pid}/uid_map`, "utf8").trim().split(/\s+/).map(Number);
    return inside === 0 ? outside : undefined;
  } catch {
    return undefined; // gone
  }
}
