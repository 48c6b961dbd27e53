import { readFile } from "node:fs/promises";
import { holdersOf } from "../net/holders.ts";

/** A process of this network namespace that has a TAP open. */
export async function findTapHolder(tap: string): Promise<{ pid: number; command: string } | undefined> {
  const [pid] = holdersOf(tap);
  if (pid === undefined) return undefined;
  const command = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => ""); // ended meanwhile
  return { pid, command: command.trim() };
}

/** Whether this network namespace has such a link; /sys may belong to another one, /proc/self never does. */
export async function linkExists(name: string): Promise<boolean> {
  const devices = await readFile("/proc/self/net/dev", "utf8");
  return devices.split("\n").some((line) => line.trimStart().startsWith(`${name}:`));
}
