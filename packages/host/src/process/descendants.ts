import { readFileSync } from "node:fs";

/** Children of a process, by its first thread (proc_pid_children(5)): right for programs of one thread. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return []; // it is gone
  }
}

/** Children, their children, and one generation more: as deep as a VMM that starts its guest in steps. */
export function descendantsOf(pid: number, generations = 3): number[] {
  if (generations === 0) return [];
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child, generations - 1)]);
}
