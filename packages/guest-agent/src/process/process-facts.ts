import { readdirSync, readFileSync } from "node:fs";

/** One process as /proc tells it (proc_pid_stat(5)). */
export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  /** "Z" is one that has ended and waits for its parent. */
  readonly state: string;
  /** Clock ticks from boot to its start: with the pid, they name one process for ever. */
  readonly startTicks: number;
}

/** What `/proc/<pid>/stat` says; undefined for what is not such a line. The name may hold spaces and parentheses. */
export function parseStat(text: string): ProcessFacts | undefined {
  const [, pid, rest = ""] = /^(\d+) \(.*\) (.*)$/s.exec(text) ?? [];
  const fields = rest.split(" ");
  const [state, parent] = fields;
  const startTicks = fields[19]; // field 22 of the line
  if (!pid || !state || !parent || !startTicks) return undefined;
  return { pid: Number(pid), parent: Number(parent), state, startTicks: Number(startTicks) };
}

/** Undefined when there is no such process. */
export function readProcess(pid: number, root = "/proc"): ProcessFacts | undefined {
  try {
    return parseStat(readFileSync(`${root}/${pid}/stat`, "utf8"));
  } catch {
    return undefined; // it has ended
  }
}

/** All that descend from `ancestor`, without itself, parents before their children. */
export function descendantsOf(ancestor: number, root = "/proc"): ProcessFacts[] {
  const all = readdirSync(root)
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name), root))
    .filter((facts) => facts !== undefined);
  const found: ProcessFacts[] = [];
  for (let parents = new Set([ancestor]); parents.size > 0; ) {
    const children = all.filter(({ parent }) => parents.has(parent));
    found.push(...children);
    parents = new Set(children.map(({ pid }) => pid));
  }
  return found;
}

/** The words of its command line; none when it has ended. */
export function commandLineOf(pid: number, root = "/proc"): string[] {
  try {
    // Chromium's children rewrite theirs with spaces between the words.
    return readFileSync(`${root}/${pid}/cmdline`, "utf8").split(/[\0 ]/);
  } catch {
    return []; // it has ended
  }
}
