import type { ChildProcess } from "node:child_process";
import { killGroup } from "../child.ts";
import { descendantsOf } from "../process/process-facts.ts";

/** A namespace whose first process was killed is gone when the kernel has ended all that is in it. */
const GONE_MS = 5000;
const CONFINING = "unshare";
/** It stays root's, so what runs in its namespace can neither end nor trace it; and dies before our own processes do. */
const FIRST =
  'echo 0 >/proc/self/oom_score_adj; u=$1 g=$2; shift 2; setpriv --reuid "$u" --regid "$g" --clear-groups -- "$@"; exit $?';

/** A command line for root that runs a program as another user, in a process namespace that ends with it. */
export function confined(
  command: readonly string[],
  { uid, gid }: { readonly uid: number; readonly gid: number },
): { readonly file: string; readonly args: readonly string[] } {
  const namespace = ["--pid", "--fork", "--kill-child", "--mount-proc"];
  return {
    file: CONFINING,
    args: [...namespace, "sh", "-c", FIRST, "sh", String(uid), String(gid), ...command],
  };
}

/**
 * Ends a worker with all that it started. A confined one is ended by the namespace's first process: the kernel kills
 * whatever is in there, however it has detached itself, and only then ends `unshare`.
 */
export function endTree(worker: ChildProcess): void {
  const { pid } = worker;
  if (pid === undefined || worker.exitCode !== null || worker.signalCode !== null) return;
  const [first] = worker.spawnfile === CONFINING ? descendantsOf(pid) : [];
  if (first) killOne(first.pid);
  else killGroup(worker, "SIGKILL");
  const timer = setTimeout(() => killGroup(worker, "SIGKILL"), GONE_MS);
  worker.once("exit", () => clearTimeout(timer));
}

function killOne(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
