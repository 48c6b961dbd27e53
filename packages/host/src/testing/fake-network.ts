import {
  BrowserVmError,
  type EgressPolicy,
  Ipv4,
  LinkName,
  MacAddress,
  type VmAddress,
  type VmId,
} from "@browservm/contract";
import type { FirewallFacts, LinkFacts } from "../net/facts.ts";
import type { HostNetwork, NetworkLook, NetworkPlan } from "../net/host-network.ts";

const hex = (n: number) => n.toString(16).padStart(2, "0");

export const BRIDGE_MAC = "02:fc:ff:00:00:01";

/** A link as the gate wants to see it. */
export function goodTap(address: VmAddress, ownerUid: number): LinkFacts {
  return {
    ...blankLink(address.tap, 10 + address.slot, "tun"),
    mac: "02:aa:00:00:00:01",
    master: 1,
    carrier: true,
    tun: { tap: true, persist: true, vnetHdr: true, multiQueue: false, ownerUid },
    port: { state: 3, isolated: true, learning: true, flood: true },
  };
}

export function goodBridge(): LinkFacts {
  return {
    ...blankLink("fcbr0", 1, "bridge"),
    mac: BRIDGE_MAC,
    carrier: true,
    addressAssignType: 3,
    bridge: { stp: false, vlanFiltering: false },
  };
}

function blankLink(name: string, index: number, kind: string): LinkFacts {
  return {
    name,
    index,
    kind,
    mac: "",
    mtu: 1500,
    up: true,
    carrier: false,
    carrierChanges: 1,
    noArp: false,
    group: 0,
    master: 0,
    txQueueLength: 1000,
    rxPackets: 0,
    txPackets: 0,
    rxDropped: 0,
    txDropped: 0,
  };
}

/** The machine's network in memory: every call is counted, and what the gate looks at can be set. */
export class FakeNetwork implements HostNetwork {
  readonly plan: NetworkPlan = {
    bridge: "fcbr0",
    bridgeMac: BRIDGE_MAC,
    gateway: Ipv4.parse("192.168.100.1"),
    cidr: "192.168.100.0/24",
    prefix: 24,
    mtu: 1500,
    dns: [],
    hasUplink: false,
    closed: [],
    warnings: [],
  };
  readonly reserved = new Map<VmId, VmAddress>();
  readonly plugged = new Map<string, LinkFacts>();
  readonly arpAnswers = new Map<string, string[]>();
  capacity = 4;

  async ensure(): Promise<void> {}

  reserve(vmId: VmId): VmAddress {
    const known = this.reserved.get(vmId);
    if (known) return known;
    const taken = new Set([...this.reserved.values()].map(({ slot }) => slot));
    const slot = Array.from({ length: this.capacity }, (_, index) => index).find(
      (index) => !taken.has(index),
    );
    if (slot === undefined) throw new BrowserVmError("SLOTS_EXHAUSTED", "no slot is free");
    const address: VmAddress = {
      slot,
      tap: LinkName.parse(`bv-${slot}`),
      mac: MacAddress.parse(`02:fc:00:00:00:${hex(slot + 2)}`),
      ip: Ipv4.parse(`192.168.100.${slot + 2}`),
      prefix: 24,
      gateway: this.plan.gateway,
    };
    this.reserved.set(vmId, address);
    return address;
  }

  release(vmId: VmId): void {
    this.egress.delete(vmId);
    this.reserved.delete(vmId);
  }

  readonly fenced = new Set<string>();

  async fence(address: VmAddress): Promise<void> {
    this.fenced.add(address.tap);
  }

  async plug(address: VmAddress, ownerUid: number): Promise<void> {
    this.fenced.delete(address.tap);
    this.plugged.set(address.tap, goodTap(address, ownerUid));
  }

  readonly letGoOf: string[] = [];

  letGo({ tap }: VmAddress): void {
    this.letGoOf.push(tap);
  }

  async unplug(address: VmAddress): Promise<void> {
    this.fenced.delete(address.tap);
    this.plugged.delete(address.tap);
  }

  async reclaim(alive: ReadonlySet<VmId>): Promise<readonly string[]> {
    const gone = [...this.reserved.keys()].filter((id) => !alive.has(id));
    for (const id of gone) this.release(id);
    return gone;
  }

  readonly egress = new Map<VmId, EgressPolicy>();

  egressOf(vmId: VmId) {
    const policy = this.egress.get(vmId);
    return policy && { policy, mark: 1 };
  }

  async setEgress(vmId: VmId, policy: EgressPolicy | undefined): Promise<void> {
    if (policy) this.egress.set(vmId, policy);
    else this.egress.delete(vmId);
  }

  addressOf(vmId: VmId): VmAddress | undefined {
    return this.reserved.get(vmId);
  }

  slots() {
    return { total: this.capacity, used: this.reserved.size, resting: 0 };
  }

  async dismantle(): Promise<void> {}

  look: NetworkLook = {
    link: (name) => (name === "fcbr0" ? goodBridge() : this.plugged.get(name)),
    links: () => [goodBridge(), ...this.plugged.values()],
    neighbour: (ip) => {
      const address = [...this.reserved.values()].find((one) => one.ip === ip);
      return address && { ip, mac: address.mac, ifindex: 1, state: "reachable" };
    },
    route: () => ({ dev: "fcbr0", src: "192.168.100.1" }),
    firewall: async (): Promise<FirewallFacts> => ({
      loaded: "g1",
      planned: "g1",
      member: true,
      foreign: [],
      counters: {},
    }),
    arp: async (ip) => this.arpAnswers.get(ip) ?? [],
    ping: async () => ({ ok: true, ms: 0.1 }),
    holders: () => [],
    peer: () => undefined,
  };
}
