import { readFileSync } from "node:fs";
import type { LinkFacts } from "../../net/facts.ts";
import type { PacketDelta } from "./host-sight.ts";

// Of the calling thread's own network namespace, whatever is mounted on /sys.
const PAIRS = ["/proc/thread-self/net/snmp", "/proc/thread-self/net/netstat"] as const;
/** Packets that no connection fits (bad checksums among them), and times that the neighbour table was full. */
const COLUMNS = [
  { file: "/proc/thread-self/net/stat/nf_conntrack", column: "invalid", name: "Conntrack.invalid" },
  { file: "/proc/thread-self/net/stat/arp_cache", column: "table_fulls", name: "ArpCache.table_fulls" },
] as const;

/** The kernel's counters of this namespace, e.g. "Tcp.InCsumErrors", "Conntrack.invalid". */
export function readCounters(): Record<string, number> {
  const sums = COLUMNS.flatMap(({ file, column, name }) => {
    const sum = sumColumn(readIfThere(file), column);
    return sum === undefined ? [] : [[name, sum] as const];
  });
  return Object.assign(Object.fromEntries(sums), ...PAIRS.map((file) => parseSnmp(readIfThere(file))));
}

/** A table with one line of hexadecimal numbers for each processor, below a line of names. */
export function sumColumn(text: string, column: string): number | undefined {
  const [names = [], ...rows] = text
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  const at = names.indexOf(column);
  const values = rows.map((row) => Number.parseInt(row[at] ?? "", 16));
  return at < 0 || values.some(Number.isNaN) ? undefined : values.reduce((sum, value) => sum + value, 0);
}

/** Which files there are depends on how the kernel was built. */
function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** Pairs of lines, the first with names, the second with numbers, both behind "Protocol:" (net/ipv4/proc.c). */
export function parseSnmp(text: string): Record<string, number> {
  const lines = text.split("\n").map((line) => line.split(/[: ]+/));
  const counters = lines.flatMap(([protocol = "", ...names], index) => {
    const [next = "", ...values] = lines[index + 1] ?? [];
    if (protocol === "" || next !== protocol) return [];
    return names.map((name, at) => [`${protocol}.${name}`, Number(values[at])] as const);
  });
  return Object.fromEntries(counters.filter(([, value]) => Number.isFinite(value)));
}

/** By link name, for links that were there both times and are the same. */
export function packetsBetween(
  before: readonly LinkFacts[],
  after: readonly LinkFacts[],
): Map<string, PacketDelta> {
  const earlier = new Map(before.map((link) => [link.name, link]));
  const deltas = new Map<string, PacketDelta>();
  for (const link of after) {
    const delta = packetDelta(earlier.get(link.name), link);
    if (delta) deltas.set(link.name, delta);
  }
  return deltas;
}

/** undefined: it is not the same link (gone, or made anew), so its counters cannot be compared. */
export function packetDelta(
  before: LinkFacts | undefined,
  after: LinkFacts | undefined,
): PacketDelta | undefined {
  if (!before || !after || before.index !== after.index) return undefined;
  return {
    rx: after.rxPackets - before.rxPackets,
    tx: after.txPackets - before.txPackets,
    rxDropped: after.rxDropped - before.rxDropped,
    txDropped: after.txDropped - before.txDropped,
  };
}
