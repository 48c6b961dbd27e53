import { readFile } from "node:fs/promises";

/** proc_meminfo(5), in KiB. A kernel older than 3.14 says nothing of what is available: then it is what is free. */
export function parseMemory(meminfo: string): { readonly totalKib: number; readonly availableKib: number } {
  const value = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(meminfo)?.[1] ?? 0);
  return { totalKib: value("MemTotal"), availableKib: value("MemAvailable") || value("MemFree") };
}

/** proc_vmstat(5): processes that the kernel killed for want of memory since boot. */
export const parseOomKills = (vmstat: string): number => Number(/^oom_kill (\d+)$/m.exec(vmstat)?.[1] ?? 0);

/** /proc/net/snmp (RFC 1213 names): for each protocol a line of names and a line of values. */
export function parseSnmp(snmp: string): Record<string, number> {
  const lines = snmp.split("\n").map((line) => line.trim().split(/\s+/));
  const counters = lines.flatMap(([protocol = "", ...names], index): Array<[string, number]> => {
    const [next, ...values] = lines[index + 1] ?? [];
    if (index % 2 !== 0 || next !== protocol || protocol === "") return [];
    return names.map((name, at) => [`${protocol.replace(":", "")}.${name}`, Number(values[at] ?? 0)]);
  });
  return Object.fromEntries(counters.filter(([, value]) => Number.isFinite(value)));
}

export const readMemory = async () => parseMemory(await readFile("/proc/meminfo", "utf8"));
export const readOomKills = async () => parseOomKills(await readFile("/proc/vmstat", "utf8"));
export const readSnmp = async () => parseSnmp(await readFile("/proc/net/snmp", "utf8"));
