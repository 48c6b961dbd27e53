/** What a guest has of its port on the bridge: a TAP that its VMM holds open, or the other end of a veth pair. */
export type PortKind = "tap" | "veth";

/** What the kernel says of one TAP (or of any link: then `tun` is absent). Read by netlink, never from /sys. */
export interface LinkFacts {
  readonly name: string;
  readonly index: number;
  /** IFLA_INFO_KIND: "tun", "bridge", "veth"; "" for plain devices. */
  readonly kind: string;
  readonly mac: string;
  readonly mtu: number;
  readonly up: boolean;
  readonly carrier: boolean;
  readonly carrierChanges: number;
  /** IF_OPER_* of linux/if.h: 6 is up. Lags up to a second behind `carrier` (linkwatch). */
  readonly operstate?: number;
  readonly noArp: boolean;
  readonly group: number;
  /** ifindex of the bridge it is plugged into, 0 when none. */
  readonly master: number;
  readonly txQueueLength: number;
  readonly rxPackets: number;
  readonly txPackets: number;
  readonly rxDropped: number;
  readonly txDropped: number;
  readonly tun?: {
    readonly tap: boolean;
    readonly persist: boolean;
    readonly vnetHdr: boolean;
    readonly multiQueue: boolean;
    readonly ownerUid?: number;
    readonly groupGid?: number;
  };
  readonly port?: {
    readonly state: number;
    readonly isolated: boolean;
    readonly learning: boolean;
    readonly flood: boolean;
    /** Only MACs that are in the forwarding table may send (IFLA_BRPORT_LOCKED). */
    readonly locked?: boolean;
  };
  /** Of a veth: its other end, and our namespace's number for the one that this end is in (absent: ours). */
  readonly peer?: { readonly index: number; readonly netnsId?: number };
  readonly bridge?: { readonly stp: boolean; readonly vlanFiltering: boolean };
  /** NET_ADDR_SET = 3: the MAC was set by hand, so joining ports cannot change it. */
  readonly addressAssignType?: number;
}

export interface NeighbourFacts {
  readonly ip: string;
  readonly mac?: string;
  readonly ifindex: number;
  /** NUD_* as a word: reachable, stale, failed, incomplete, permanent, … */
  readonly state: string;
}

export interface FirewallFacts {
  /** Generation id of our table as loaded, and as planned. */
  readonly loaded: string | undefined;
  readonly planned: string;
  /** Whether this VM's `ifname . mac . ip` element is in each set that must hold it. */
  readonly member: boolean;
  /** Rules of other programs that would drop this VM's traffic, in their own words. */
  readonly foreign: readonly string[];
  /** Per-VM counters: packets dropped by anti-spoofing and by policy. */
  readonly counters: Readonly<Record<string, { readonly packets: number; readonly bytes: number }>>;
}
