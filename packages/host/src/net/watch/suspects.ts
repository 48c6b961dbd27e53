import { readdirSync, readFileSync } from "node:fs";
import type { Actor } from "../../linux/netlink-watch.ts";
import { namespaceInode } from "../holders.ts";
import { NETWORK_CHANGERS } from "../managers.ts";

const MOST = 8;

export interface SuspectOptions {
  /** Programs that the kernel named with a change. */
  readonly actors: readonly Actor[];
  /** Whether only we have business in this namespace, so that any other program in it is suspect. */
  readonly isOurs: boolean;
  /** A directory of ours: who has it in an argument belongs to us. */
  readonly ownMark: string;
}

interface Program {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly startTicks: number;
}

/** Who may have changed our network, in words, the likeliest first: those whom the kernel named, then known managers. */
export function findSuspects({ actors, isOurs, ownMark }: SuspectOptions): string[] {
  const namespace = namespaceInode();
  const programs = listPrograms();
  const family = familyOf(process.pid, programs);
  const here = programs
    .filter(({ pid }) => !family.has(pid) && namespaceInode(pid) === namespace)
    .filter(({ pid }) => !commandOf(pid).some((argument) => argument.includes(`${ownMark}/`)))
    .toSorted((a, b) => b.startTicks - a.startTicks);
  const pids = new Set(here.map(({ pid }) => pid));
  const managers = here.filter(({ name }) => NETWORK_CHANGERS.has(name));
  // Of a program and those that it started, the first says most.
  const others = here.filter(
    ({ name, parent }) => isOurs && !NETWORK_CHANGERS.has(name) && !pids.has(parent),
  );
  const words = [
    ...actors.filter(({ pid }) => !family.has(pid)).map(tellActor),
    ...[...managers, ...others].map(({ pid, name }) => `${name} (pid ${pid}): ${commandOf(pid).join(" ")}`),
  ];
  return [...new Set(words)].slice(0, MOST).map((one) => one.slice(0, 100));
}

function tellActor({ pid, name, parent }: Actor): string {
  const by = parent ? `, started by ${parent.name} (pid ${parent.pid})` : "";
  return `${name} (pid ${pid}) changed nftables${by}`;
}

function listPrograms(): Program[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => describe(Number(name)));
}

/** proc_pid_stat(5): the name is in parentheses and may hold anything, so fields are counted from the last ')'. */
function describe(pid: number): Program[] {
  const stat = text(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (stat === "") return [];
  const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
  return [{ pid, name, parent: Number(fields[1]), startTicks: Number(fields[19]) }];
}

/** A process, those that it started, and those that started it. */
function familyOf(self: number, programs: readonly Program[]): Set<number> {
  const parents = new Map(programs.map(({ pid, parent }) => [pid, parent]));
  const line = (pid: number): number[] => {
    const parent = parents.get(pid);
    return parent === undefined || parent === 0 ? [pid] : [pid, ...line(parent)];
  };
  const ancestors = line(self);
  const descendants = programs.filter(({ pid }) => line(pid).includes(self)).map(({ pid }) => pid);
  return new Set([...ancestors, ...descendants]);
}

const commandOf = (pid: number): string[] => text(`/proc/${pid}/cmdline`).split("\0").filter(Boolean);

function text(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // ended meanwhile
  }
}
