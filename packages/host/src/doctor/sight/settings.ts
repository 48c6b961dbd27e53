import { readFileSync } from "node:fs";
import type { HostSight } from "./host-sight.ts";

/** What checks like to know beyond the plan: each explains a dead path of some kind. */
const MORE = (links: readonly string[]): string[] => [
  "net/ipv4/ip_forward",
  "net/ipv4/icmp_echo_ignore_all",
  "net/ipv4/conf/all/forwarding",
  "net/ipv4/conf/all/rp_filter",
  "net/ipv4/conf/all/arp_ignore",
  "net/ipv4/conf/all/arp_filter",
  ...["iptables", "ip6tables", "arptables"].map((tables) => `net/bridge/bridge-nf-call-${tables}`),
  ...links.flatMap((link) =>
    ["forwarding", "rp_filter", "arp_ignore", "arp_filter"].map((name) => `net/ipv4/conf/${link}/${name}`),
  ),
];

/** Settings of the plan and a few more, of the calling thread's network namespace. */
export function readSettings(
  planned: readonly { readonly path: string }[],
  links: readonly string[],
): HostSight["sysctls"] {
  const paths = new Set([...planned.map(({ path }) => path), ...MORE(links)]);
  return new Map([...paths].map((path) => [path, readSetting(path)]));
}

/** Connections that are tracked, and how many may be; undefined where nothing tracks them. */
export function readConntrack(): HostSight["conntrack"] {
  const count = readNumber("net/netfilter/nf_conntrack_count");
  const max = readNumber("net/netfilter/nf_conntrack_max");
  return count === undefined || max === undefined ? undefined : { count, max };
}

/** The hard limit of the neighbour table; it shows in the machine's first namespace only. */
export const readNeighbourLimit = (): number | undefined => readNumber("net/ipv4/neigh/default/gc_thresh3");

function readNumber(path: string): number | undefined {
  const value = readSetting(path);
  return value === undefined || value === "" ? undefined : Number(value);
}

/** undefined: this kernel, or this link, has no such setting (or it is not ours to read). */
function readSetting(path: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${path}`, "utf8").trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "EACCES") return undefined;
    throw error;
  }
}
