import type { GuestParams, GuestResult } from "@browservm/contract";
import type { NetworkMemory } from "./guest-memory.ts";
import type { FakeOrders } from "./plan.ts";

/** A fake guest's network: what it answers when it is asked, and how it changes with the guest's identity. */
export interface GuestNetwork {
  get(): GuestResult<"network.get">;
  tcp(target: GuestParams<"probe.tcp">): Promise<GuestResult<"probe.tcp">>;
  ping(target: GuestParams<"probe.ping">): Promise<GuestResult<"probe.ping">>;
  dns(question: GuestParams<"probe.dns">): Promise<GuestResult<"probe.dns">>;
  /** /proc/net/snmp, "Tcp.InCsumErrors" → value. */
  counters(): Record<string, number>;
  /** Its own rules that drop or reject. */
  firewall(): Promise<string[]>;
  /** Its settings become these; what it knew of its neighbours is gone. */
  change(settings: NetworkMemory): void;
  /** Knows none of its neighbours any more. */
  forgetNeighbours(): void;
}

/** The network of a guest that has none: everything is as it was planned, or frozen. */
export function plannedNetwork(
  { address, mtu, dns }: FakeOrders,
  begin: NetworkMemory = { mac: address.mac, mtu, up: true, address, dns },
): GuestNetwork {
  let now = begin;
  return {
    get: () => answerOf(now),
    // Nobody is there behind a fake: what must be closed looks closed.
    tcp: async () => ({ answer: "refused", ms: 1, errno: "ECONNREFUSED" }),
    ping: async () => ({ ok: true, ms: 1 }),
    dns: async () => ({ ok: true, addresses: ["192.0.2.1"] }),
    counters: () => ({}),
    firewall: async () => [],
    change: (settings) => {
      now = settings;
    },
    forgetNeighbours: () => {},
  };
}

function answerOf({ mac, mtu, up, address, dns }: NetworkMemory): GuestResult<"network.get"> {
  const lo = {
    name: "lo",
    mac: "00:00:00:00:00:00",
    up: true,
    carrier: true,
    mtu: 65_536,
    addresses: ["127.0.0.1/8"],
  };
  const addresses = address ? [`${address.ip}/${address.prefix}`] : [];
  const gateway = up ? address?.gateway : undefined;
  return {
    links: [lo, { name: "eth0", mac, up, carrier: up, mtu, addresses }],
    routes: gateway ? [{ to: "default", via: gateway, dev: "eth0" }] : [],
    neighbours: gateway ? [{ ip: gateway, mac: "02:fc:00:00:00:01", dev: "eth0", state: "REACHABLE" }] : [],
    dns,
    authorities: ["systemd-networkd"],
  };
}
