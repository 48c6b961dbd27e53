import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { namespaceInode } from "../../net/holders.ts";
import { LINK_MANAGERS } from "../../net/managers.ts";
import type { TapHolder } from "./host-sight.ts";

export interface ProcessFacts {
  readonly holders: readonly TapHolder[];
  /** "NetworkManager (pid 412)". */
  readonly managers: readonly string[];
}

/**
 * One walk over the processes of our network namespace: who holds a TAP (drivers/net/tun.c, tun_chr_show_fdinfo), and
 * which programs manage links. A holder in another namespace means another TAP of the same name, so it is left out.
 */
export function readProcesses(): ProcessFacts {
  const namespace = namespaceInode();
  const pids = entries("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => namespaceInode(pid) === namespace);
  const managers = pids.flatMap((pid) => {
    const command = commandOf(pid);
    return LINK_MANAGERS.includes(command) ? [`${command} (pid ${pid})`] : [];
  });
  return { holders: pids.flatMap(tapsOf), managers };
}

function tapsOf(pid: number): TapHolder[] {
  const taps = entries(`/proc/${pid}/fd`)
    .filter((fd) => isTunDevice(`/proc/${pid}/fd/${fd}`))
    .map((fd) => tapIn(text(`/proc/${pid}/fdinfo/${fd}`)))
    .filter((tap) => tap !== undefined);
  const command = taps.length > 0 ? commandOf(pid) : "";
  return taps.map((tap) => ({ pid, tap, command }));
}

/** The TAP that a descriptor's fdinfo names: "" when it was deleted under it (or never attached), undefined when it is none. */
export function tapIn(fdinfo: string): string | undefined {
  return /^iff:[ \t]*(.*)$/m.exec(fdinfo)?.[1]?.trim();
}

const commandOf = (pid: number): string => text(`/proc/${pid}/comm`).trim();

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
    return ""; // gone meanwhile
  }
}
