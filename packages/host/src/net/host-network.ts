import type { EgressPolicy, Ipv4, VmAddress, VmId } from "@browservm/contract";
import type { SlotEgress } from "./egress/egress-elements.ts";
import type { FirewallFacts, LinkFacts, NeighbourFacts, PortKind } from "./facts.ts";

/** The machine's network for VMs, as the rest of hostd sees it. Made by `openHostNetwork` (open.ts). */
export interface HostNetwork {
  readonly plan: NetworkPlan;
  /** Makes bridge, canary, rules as planned (plan → steps; twice is nothing). Names what stands in the way. */
  ensure(): Promise<void>;
  /** Durable, in one transaction; the same VM gets the same answer. SLOTS_EXHAUSTED, STATE_DAMAGED. */
  reserve(vmId: VmId): VmAddress;
  /** The address starts to rest. Twice is nothing. */
  release(vmId: VmId): void;
  /**
   * Makes the TAP of a VM that has no identity of its own yet: created and owned, but down, on no bridge and in no set.
   * The fence is durable: nothing but `plug` ever lifts it, neither the watch nor a restarted hostd.
   */
  fence(address: VmAddress, ownerUid: number): Promise<void>;
  /**
   * TAP created (or taken from behind its fence), owned by `ownerUid`, enslaved, isolated, up, in the firewall sets,
   * neighbour entry gone; read back. A `veth` is a pair instead: the VMM takes its other end into the guest.
   */
  plug(address: VmAddress, ownerUid: number, kind?: PortKind): Promise<void>;
  /** Said before a VM is ended: that its port goes with it is no fault. Otherwise it is kept as planned. */
  letGo(address: VmAddress): void;
  /** The reverse, in safe order; what is already gone is fine. Never removes a TAP that a process holds: TAP_BUSY. */
  unplug(address: VmAddress): Promise<void>;
  /** Removes TAPs, elements and reservations that belong to no VM of `alive`; answers what was removed. */
  reclaim(alive: ReadonlySet<VmId>): Promise<readonly string[]>;
  /** Addresses of this VM if it has a reservation. */
  addressOf(vmId: VmId): VmAddress | undefined;
  /** Where this VM may go; undefined: as the network is set. */
  egressOf(vmId: VmId): SlotEgress | undefined;
  /**
   * Sets or ends it, durably and, if its port is there, in the kernel; flows that it does not allow are cut. Of a VM
   * without a reservation it is nothing.
   */
  setEgress(vmId: VmId, policy: EgressPolicy | undefined): Promise<void>;
  slots(): { total: number; used: number; resting: number };
  look: NetworkLook;
  /** Only for the whole machine's end: removes everything that `ensure` made. Refuses while TAPs are held. */
  dismantle(): Promise<void>;
}

export interface NetworkPlan {
  readonly bridge: string;
  readonly bridgeMac: string;
  readonly gateway: Ipv4;
  readonly cidr: string;
  readonly prefix: number;
  readonly mtu: number;
  readonly dns: readonly Ipv4[];
  /** A listener on a bridge port that the host reaches and guests must not; absent where the range has no room. */
  readonly canary?: { readonly ip: Ipv4; readonly port: number };
  readonly hasUplink: boolean;
  /** Addresses and ports of the machine that guests must find closed (rejected). */
  readonly closed: ReadonlyArray<{ readonly what: string; readonly ip: Ipv4; readonly port: number }>;
  /** One allowed target outside, when there is an uplink. */
  readonly openTarget?: { readonly what: string; readonly ip: Ipv4; readonly port: number };
  /** Things about this machine that an operator should know (foreign rules, managers). */
  readonly warnings: readonly string[];
}

/** Reads and probes for the gate and the doctor. Nothing here changes the network. */
export interface NetworkLook {
  link(name: string): LinkFacts | undefined;
  links(): readonly LinkFacts[];
  neighbour(ip: string): NeighbourFacts | undefined;
  /** Name of the link that the kernel would send to `ip` by, and the source address. */
  route(ip: string): { readonly dev: string; readonly src?: string } | undefined;
  firewall(address: VmAddress): Promise<FirewallFacts>;
  /** Who answers ARP for `ip` on the bridge within `waitMs`: all MACs heard. */
  arp(ip: string, waitMs: number): Promise<readonly string[]>;
  ping(
    ip: string,
    options: { readonly payloadBytes: number; readonly dontFragment: boolean; readonly timeoutMs: number },
  ): Promise<{ readonly ok: boolean; readonly ms?: number; readonly error?: string }>;
  /** The pids whose fdinfo says that they hold this TAP. */
  holders(tap: string): readonly number[];
  /** The other end of a veth, and whether it is in a network namespace that a descendant of this process lives in. */
  peer(name: string, vmmPid: number): { readonly link: LinkFacts; readonly isInGuest: boolean } | undefined;
}
