import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const TICKS_PER_SECOND = 100; // sysconf(_SC_CLK_TCK) on every Linux that Node runs on

/** The root of neko's processes (neko.ts), if there are any; of its browser, display and sound, too. */
const NEKO = process.env.BROWSERVM_TEST_NEKO;

/** Who works for a picture, by a word of its command line; the first that fits. */
const WORKERS = [
  ["media helper", /media\.mjs/],
  ["display", /Xtigervnc/],
  ["gateway", /packages\/gateway\//],
  ["controller", /packages\/controller\//],
  ["hostd", /packages\/host\//],
  ["browser in the session", /chromium.*\/home\/browser|--remote-debugging-pipe.*browservm/],
  ["reader's browser", /chromium/],
] as const;
export type WorkerName = (typeof WORKERS)[number][0] | "neko and its browser";

/** Processor seconds that each has used since its start; those of ended processes are lost. */
export function cpuSeconds(): Map<WorkerName, number> {
  const used = new Map<WorkerName, number>(WORKERS.map(([name]) => [name, 0]));
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const found = look(pid);
    if (found) used.set(found.name, (used.get(found.name) ?? 0) + found.seconds);
  }
  return used;
}

function look(pid: string): { name: WorkerName; seconds: number } | undefined {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    const isNekos = NEKO !== undefined && readlinkSync(`/proc/${pid}/root`) === NEKO;
    const name = isNekos ? "neko and its browser" : WORKERS.find(([, pattern]) => pattern.test(words))?.[0];
    if (name === undefined) return undefined;
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [user = 0, system = 0] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13)
      .map(Number);
    return { name, seconds: (user + system) / TICKS_PER_SECOND };
  } catch {
    return undefined; // it has ended
  }
}
