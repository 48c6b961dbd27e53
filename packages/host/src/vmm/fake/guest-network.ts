import type { GuestParams, GuestResult } from "@browservm/contract";
import type { FakeOrders } from "./plan.ts";

/** What a fake guest answers when it is asked about the network. */
export interface GuestNetwork {
  get(): GuestResult<"network.get">;
  tcp(target: GuestParams<"probe.tcp">): Promise<GuestResult<"probe.tcp">>;
  ping(target: GuestParams<"probe.ping">): Promise<GuestResult<"probe.ping">>;
  dns(question: GuestParams<"probe.dns">): Promise<GuestResult<"probe.dns">>;
  /** /proc/net/snmp, "Tcp.InCsumErrors" → value. */
  counters(): Record<string, number>;
  /** Its own rules that drop or reject. */
  firewall(): Promise<string[]>;
}

/** The network of a guest that has none: everything is as it was planned. */
export function plannedNetwork({ address, mtu, dns }: FakeOrders): GuestNetwork {
  const link = { up: true, carrier: true };
  return {
    get: () => ({
      links: [
        { ...link, name: "lo", mac: "00:00:00:00:00:00", mtu: 65_536, addresses: ["127.0.0.1/8"] },
        { ...link, name: "eth0", mac: address.mac, mtu, addresses: [`${address.ip}/${address.prefix}`] },
      ],
      routes: [{ to: "default", via: address.gateway, dev: "eth0" }],
      neighbours: [{ ip: address.gateway, mac: "02:fc:00:00:00:01", dev: "eth0", state: "REACHABLE" }],
      dns,
      authorities: ["systemd-networkd"],
    }),
    // Nobody is there behind a fake: what must be closed looks closed.
    tcp: async () => ({ answer: "refused", ms: 1, errno: "ECONNREFUSED" }),
    ping: async () => ({ ok: true, ms: 1 }),
    dns: async () => ({ ok: true, addresses: ["192.0.2.1"] }),
    counters: () => ({}),
    firewall: async () => [],
  };
}
