import type { ProxyReport, VmAddress, VmId } from "@browservm/contract";
import type { AddressFacts } from "../../linux/addresses.ts";
import type { FdbFacts } from "../../linux/fdb.ts";
import type { RouteFacts } from "../../linux/routes.ts";
import type { RuleFacts } from "../../linux/rules.ts";
import type { SlotEgress } from "../../net/egress/egress-elements.ts";
import type { LinkFacts, NeighbourFacts } from "../../net/facts.ts";
import type { Way } from "../../net/firewall/foreign/packet.ts";
import type { Ruleset } from "../../net/firewall/nft.ts";
import type { NetworkPlan } from "../../net/host-network.ts";
import type { NetworkTarget } from "../../net/plan.ts";
import type { TcpAnswer } from "./vm-sight.ts";

export type { FdbFacts, RuleFacts };

/** A traffic control filter (or an unusual queueing discipline) on a link of ours, in the words of `tc`. */
export interface TcFilterFacts {
  readonly link: string;
  readonly direction: "ingress" | "egress";
  readonly words: string;
  /** An action of it drops (shot, stolen, …), or the discipline has dropped. */
  readonly drops: boolean;
  /** What its actions have counted since they were made; absent when they do not count. */
  readonly packets?: number;
}

/** A process that holds a TAP, or held one that is gone (its fdinfo has an empty `iff:`). */
export interface TapHolder {
  readonly pid: number;
  /** The TAP's name; "" when it was deleted under the process. */
  readonly tap: string;
  readonly command: string;
}

/** Packets of one link between two looks. */
export interface PacketDelta {
  readonly rx: number;
  readonly tx: number;
  readonly rxDropped: number;
  readonly txDropped: number;
}

/** How the probes of all VMs went, way by way: paths that answered, of those that were asked. */
export type ProbedWays = ReadonlyMap<Way, { readonly alive: number; readonly asked: number }>;

/** What the kernel, hostd and the machine say of the host's network: read in one go, within a second. */
export interface HostSight {
  readonly at: string;
  readonly tookMs: number;
  readonly plan: NetworkPlan;
  /** What the network must be. */
  readonly target: Omit<NetworkTarget, "held">;
  readonly namespace: "isolated" | "host";
  /** Inode of hostd's network namespace. */
  readonly namespaceInode: string;
  readonly links: readonly LinkFacts[];
  /** The bridge by name, if anything has that name. */
  readonly bridge: LinkFacts | undefined;
  readonly addresses: readonly AddressFacts[];
  readonly routes: readonly RouteFacts[];
  readonly rules: readonly RuleFacts[];
  /** Before the probe; `neighboursAfter` shows what became of them (the probe's own ARP may have put one right). */
  readonly neighbours: readonly NeighbourFacts[];
  readonly neighboursAfter: readonly NeighbourFacts[];
  /** After the probe, so that whoever answered has been learned. */
  readonly fdb: readonly FdbFacts[];
  /** Before the probe: what a guest's own answer may have put right meanwhile. */
  readonly fdbBefore?: readonly FdbFacts[];
  /** undefined: could not be read (tc is missing). */
  readonly tcFilters: readonly TcFilterFacts[] | undefined;
  readonly holders: readonly TapHolder[];
  /** Path under /proc/sys → value now; undefined: this kernel has no such setting. All of the plan's and a few more. */
  readonly sysctls: ReadonlyMap<string, string | undefined>;
  /** Rules of all programs before and after the probe; undefined when nft could not be asked. */
  readonly ruleset: Ruleset | undefined;
  readonly rulesetAfter: Ruleset | undefined;
  /** As `loadedGeneration` and `generationOf` say. */
  readonly rulesLoaded: string | undefined;
  readonly rulesPlanned: string;
  /**
   * What `iptables-legacy-save -c` says of each loaded legacy table, policies and rules alike, one a line:
   * "[packets:bytes] -t filter -P INPUT DROP", "[packets:bytes] -t raw -A PREROUTING -i fcbr0 -j DROP".
   */
  readonly legacyRules: {
    readonly before: readonly string[];
    readonly after: readonly string[];
    /** Why loaded tables could not be read, e.g. because iptables-legacy is missing. */
    readonly unread?: string;
  };
  /** /proc/net/snmp and netstat, "Tcp.InCsumErrors" → value, before and after the probe. */
  readonly counters: {
    readonly before: Readonly<Record<string, number>>;
    readonly after: Readonly<Record<string, number>>;
  };
  /** By link name, over the probe. */
  readonly packets: ReadonlyMap<string, PacketDelta>;
  /** See `tallyWays`; absent before the probe. */
  readonly probed?: ProbedWays;
  /** What this host itself gets from `plan.openTarget`; absent: not asked. */
  readonly outsideFromHost?: TcpAnswer;
  readonly conntrack: { readonly count: number; readonly max: number } | undefined;
  readonly neighbourLimit: number | undefined;
  /** Programs of this network namespace that manage links or firewalls, e.g. "NetworkManager (pid 412)". */
  readonly managers: readonly string[];
  readonly canary: { readonly alive: boolean };
  /** Of VMs that go through a proxy: what was seen of it last. */
  readonly proxies?: ReadonlyMap<VmId, ProxyReport>;
  /** Every reservation. */
  readonly held: ReadonlyArray<{
    readonly vmId: VmId;
    readonly address: VmAddress;
    readonly egress?: SlotEgress;
  }>;
  /** Pids and files and rule elements of no VM that is known. */
  readonly leftovers: readonly string[];
  /** `network.uplink` asks for a way out. */
  readonly uplinkWanted: boolean;
  readonly uplink:
    | { readonly link: string; readonly masquerade: boolean; readonly machineIp?: string }
    | undefined;
  readonly accelerator: { readonly name: string; readonly driver: string; readonly reason: string };
  readonly kvmOpens: boolean;
}
