import { readFileSync } from "node:fs";
import type { LinkFacts } from "../../net/facts.ts";
import type { PacketDelta } from "./host-sight.ts";

// Of the calling thread's own network namespace, whatever is mounted on /sys.
const FILES = ["/proc/thread-self/net/snmp", "/proc/thread-self/net/netstat"] as const;

/** The kernel's protocol counters of this namespace, e.g. "Tcp.InCsumErrors". */
export function readCounters(): Record<string, number> {
  return Object.assign({}, ...FILES.map((file) => parseSnmp(readFileSync(file, "utf8"))));
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
