import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";

/** Inode of the network namespace of a process (ours without a pid): its identity while the machine runs. */
export function namespaceInode(pid: number | "self" = "self"): string | undefined {
  try {
    return String(statSync(`/proc/${pid}/ns/net`).ino);
  } catch {
    return undefined; // the process is gone, or not ours to look at
  }
}

/**
 * The processes of our network namespace that hold this TAP, by what the kernel writes into /proc/PID/fdinfo
 * (drivers/net/tun.c, tun_chr_show_fdinfo). A holder in another namespace means another TAP of the same name.
 */
export function holdersOf(tap: string): number[] {
  const namespace = namespaceInode();
  return entries("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => holds(pid, tap) && namespaceInode(pid) === namespace);
}

function holds(pid: number, tap: string): boolean {
  return entries(`/proc/${pid}/fd`)
    .filter((fd) => isTunDevice(`/proc/${pid}/fd/${fd}`))
    .some((fd) => new RegExp(`^iff:\\s+${tap}$`, "m").test(text(`/proc/${pid}/fdinfo/${fd}`)));
}

function isTunDevice(path: string): boolean {
  try {
    return readlinkSync(path).endsWith("/net/tun");
  } catch {
    return false; // closed meanwhile
  }
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // the process is gone
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // closed meanwhile
  }
}
