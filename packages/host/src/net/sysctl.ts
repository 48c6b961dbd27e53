import { readFile, writeFile } from "node:fs/promises";
import { BrowserVmError } from "@browservm/contract";

/** One kernel setting of the current network namespace: path under /proc/sys, and the value it must have. */
export interface Sysctl {
  readonly path: string;
  readonly value: string;
  readonly why: string;
  /** Other values that serve as well; found set, they stay. */
  readonly alsoRight?: readonly string[];
}

/** Whether a value that was read is as good as the one that we set. */
export const isSetRight = ({ value, alsoRight = [] }: Sysctl, now: string): boolean =>
  now === value || alsoRight.includes(now);

/** Its value now; undefined when this kernel (or this link) has no such setting. */
export async function readSysctl(path: string): Promise<string | undefined> {
  try {
    return (await readFile(`/proc/sys/${path}`, "utf8")).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Sets it; a setting that does not exist is left out. NOT_PRIVILEGED when /proc/sys is read-only or not ours. */
export async function writeSysctl({ path, value }: Pick<Sysctl, "path" | "value">): Promise<void> {
  try {
    await writeFile(`/proc/sys/${path}`, value, { flag: "r+" });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return;
    throw new BrowserVmError("NOT_PRIVILEGED", `/proc/sys/${path} cannot be set to ${value}: ${code}`, {
      path,
      value,
    });
  }
}

const conf = (link: string, name: string, value: string, why: string): Sysctl => ({
  path: `net/ipv4/conf/${link}/${name}`,
  value,
  why,
});

/** What makes faults honest on one link: a packet or an ARP request on the wrong link is refused, not half-answered. */
export const honestLink = (link: string): Sysctl[] => [
  {
    ...conf(link, "rp_filter", "1", "packets whose answer would leave by another link are refused"),
    alsoRight: ["2"],
  },
  {
    ...conf(link, "arp_ignore", "1", "only the link that holds an address answers for it"),
    alsoRight: ["2"],
  },
  { path: `net/ipv6/conf/${link}/disable_ipv6`, value: "1", why: "guests speak IPv4 only" },
];

/** The bridge of the guests. */
export const bridgeSysctls = (bridge: string): Sysctl[] => [
  ...honestLink(bridge),
  conf(bridge, "forwarding", "1", "guests' packets are routed, or refused with an answer"),
  conf(bridge, "send_redirects", "0", "guests are not told of each other"),
  conf(bridge, "accept_redirects", "0", "guests do not change our routes"),
  conf(bridge, "proxy_arp", "0", "the host answers for itself only"),
];

/** A namespace that is ours alone: defaults for every link that will be born in it. */
export const namespaceSysctls = (): Sysctl[] => [
  ...honestLink("all"),
  ...honestLink("default"),
  conf("all", "send_redirects", "0", "guests are not told of each other"),
  ...["iptables", "ip6tables", "arptables"].map((tables) => ({
    path: `net/bridge/bridge-nf-call-${tables}`,
    value: "0",
    why: "frames on the bridge are filtered by our bridge table only",
  })),
];

export const forwardingOf = (link: string): Sysctl =>
  conf(link, "forwarding", "1", "answers from outside are routed to guests");

/** Fewer neighbours than this fit the kernel's defaults (gc_thresh3 = 1024, net/ipv4/arp.c) beside all others. */
const FITS_DEFAULTS = 400;
const NEIGHBOUR_LIMITS: ReadonlyMap<string, number> = new Map([
  ["gc_thresh1", 2048],
  ["gc_thresh2", 4096],
  ["gc_thresh3", 8192],
]);

/**
 * The machine-wide limits of the neighbour table, raised where that many guests need it, never lowered. They exist
 * in the machine's first namespace only and count for all.
 */
export async function raisedNeighbourLimits(guests: number): Promise<Sysctl[]> {
  if (guests <= FITS_DEFAULTS) return [];
  const limits = [...NEIGHBOUR_LIMITS].map(async ([name, value]) => {
    const path = `net/ipv4/neigh/default/${name}`;
    const now = Number(await readSysctl(path));
    return now < value ? [{ path, value: String(value), why: "a neighbour entry for each guest" }] : [];
  });
  return (await Promise.all(limits)).flat();
}
