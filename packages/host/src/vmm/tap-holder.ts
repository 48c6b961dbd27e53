import { readdir, readFile } from "node:fs/promises";

/** A process that has a TAP open, by the `iff:` line of its descriptors (linux/drivers/net/tun.c, tun_chr_show_fdinfo). */
export async function findTapHolder(tap: string): Promise<{ pid: number; command: string } | undefined> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    if (await holds(pid, tap)) {
      const command = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => ""); // ended meanwhile
      return { pid: Number(pid), command: command.trim() };
    }
  }
  return undefined;
}

async function holds(pid: string, tap: string): Promise<boolean> {
  const directory = `/proc/${pid}/fdinfo`;
  const line = new RegExp(`^iff:\\s*${tap}$`, "m");
  // Processes and descriptors come and go while we look: what is gone holds nothing.
  for (const fd of await readdir(directory).catch(() => [])) {
    const info = await readFile(`${directory}/${fd}`, "utf8").catch(() => "");
    if (line.test(info)) return true;
  }
  return false;
}

/** Whether this network namespace has such a link; /sys may belong to another one, /proc/self never does. */
export async function linkExists(name: string): Promise<boolean> {
  const devices = await readFile("/proc/self/net/dev", "utf8");
  return devices.split("\n").some((line) => line.trimStart().startsWith(`${name}:`));
}
