import { readFileSync } from "node:fs";

/** Who a process is, safe against pid re-use: pid + start time + boot. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat, clock ticks since boot (proc_pid_stat(5)). */
  readonly startTicks: string;
  readonly bootId: string;
}

export function currentBootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

/** The identity of a live process, or undefined when there is none (a zombie counts as none). */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  if (!stat || stat.state === "Z" || stat.state === "X") return undefined;
  return { pid, startTicks: stat.startTicks, bootId: currentBootId() };
}

export function isAlive(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid);
  return now !== undefined && now.startTicks === identity.startTicks && now.bootId === identity.bootId;
}

/** Whether a signal or a debugger holds it still (SIGCONT lets it go on). */
export function isStopped({ pid, startTicks }: ProcessIdentity): boolean {
  const stat = readStat(pid);
  return stat?.startTicks === startTicks && (stat.state === "T" || stat.state === "t");
}

/** Clock ticks a second, the same on every Linux that we run on (sysconf(3), USER_HZ). */
const TICKS_PER_SECOND = 100;

/** Processor time that a process and its threads have used, in seconds; undefined when there is none. */
export function cpuSecondsOf(pid: number): number | undefined {
  const stat = readStat(pid);
  return stat && stat.cpuTicks / TICKS_PER_SECOND;
}

function readStat(pid: number): { state: string; startTicks: string; cpuTicks: number } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined; // no such process
  }
  // The command name is in parentheses and may hold anything, so fields are counted from the last ')'.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  // Fields 14 and 15 are utime and stime.
  const cpuTicks = Number(fields[11]) + Number(fields[12]);
  return { state: fields[0] ?? "X", startTicks: fields[19] ?? "", cpuTicks };
}
