import { writeFileSync } from "node:fs";
import { addAddress, listAddresses, removeAddress } from "../../linux/addresses.ts";
import { changeLink, findLink } from "../../linux/links.ts";
import { forgetNeighbour, listNeighbours } from "../../linux/neighbours.ts";
import { NetlinkSocket } from "../../linux/netlink-socket.ts";
import { addDefaultRoute } from "../../linux/routes.ts";
import type { NetworkMemory } from "./guest-memory.ts";

/** Gives this thread's own namespace what a guest's network settings give a guest. Its `eth0` exists already. */
export function configureStack(settings: NetworkMemory): void {
  using netlink = new NetlinkSocket();
  // Guests speak IPv4 only, and an IPv6 stack would multicast by itself.
  for (const link of ["all", "default"]) writeFileSync(`/proc/sys/net/ipv6/conf/${link}/disable_ipv6`, "1");
  changeLink(netlink, "lo", { up: true });
  apply(netlink, settings);
  // As the guest's agent does (network/hasten-neighbours.ts): a silent neighbour is told in 0.3 s, not in three.
  writeFileSync("/proc/sys/net/ipv4/neigh/eth0/retrans_time_ms", "100");
}

/** Gives `eth0` these settings instead of those that it has. Its neighbours are forgotten with its link's fall. */
export function changeStack(settings: NetworkMemory): void {
  using netlink = new NetlinkSocket();
  const index = eth0Index(netlink);
  changeLink(netlink, "eth0", { up: false });
  for (const address of listAddresses(netlink))
    if (address.ifindex === index) removeAddress(netlink, address);
  apply(netlink, settings);
}

/** `eth0` knows none of its neighbours any more. */
export function forgetStackNeighbours(): void {
  using netlink = new NetlinkSocket();
  const index = eth0Index(netlink);
  for (const { ip, ifindex } of listNeighbours(netlink))
    if (ifindex === index) forgetNeighbour(netlink, index, ip);
}

function apply(netlink: NetlinkSocket, { mac, mtu, up, address }: NetworkMemory): void {
  changeLink(netlink, "eth0", { mac, mtu });
  if (!up) return;
  changeLink(netlink, "eth0", { up });
  if (!address) return;
  addAddress(netlink, { ifindex: eth0Index(netlink), ip: address.ip, prefix: address.prefix });
  addDefaultRoute(netlink, address.gateway);
}

const eth0Index = (netlink: NetlinkSocket): number => findLink(netlink, "eth0")?.index ?? 0;
