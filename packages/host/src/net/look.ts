import type { VmAddress } from "@browservm/contract";
import { probeArp } from "../linux/arp-probe.ts";
import { sendEcho } from "../linux/icmp-echo.ts";
import { findLink, listLinks, nameOfLink } from "../linux/links.ts";
import { findNeighbour } from "../linux/neighbours.ts";
import type { NetlinkSocket } from "../linux/netlink-socket.ts";
import { netnsIdOf, peerOf } from "../linux/peers.ts";
import { routeTo } from "../linux/routes.ts";
import { descendantsOf } from "../process/descendants.ts";
import { withAssignType } from "./current.ts";
import type { SlotEgress } from "./egress/egress-elements.ts";
import type { FirewallFacts, LinkFacts } from "./facts.ts";
import { findForeignDrops } from "./firewall/foreign-rules.ts";
import { loadedGeneration } from "./firewall/loaded.ts";
import { elementsOf, listNft, type Ruleset } from "./firewall/nft.ts";
import { generationOf, type SetElement } from "./firewall/ruleset.ts";
import { holdersOf } from "./holders.ts";
import type { NetworkLook } from "./host-network.ts";
import { elementKey, elementsOfVm, type NetworkTarget } from "./plan.ts";

export interface LookTools {
  readonly netlink: NetlinkSocket;
  readonly target: Omit<NetworkTarget, "held">;
  /** The link by which guests go out, if any. */
  readonly uplink: string | undefined;
  /** The policy of the guest that holds this address. */
  readonly egressOf: (address: VmAddress) => SlotEgress | undefined;
}

/** Reads and probes of the current namespace; nothing here changes the network. */
export function networkLook({ netlink, target, uplink, egressOf }: LookTools): NetworkLook {
  const { bridge } = target;
  const link = (name: string): LinkFacts | undefined => {
    const found = findLink(netlink, name);
    return found?.kind === "bridge" ? withAssignType(found) : found;
  };
  return {
    link,
    links: () => listLinks(netlink),
    neighbour: (ip) => {
      const ifindex = findLink(netlink, bridge.name)?.index;
      return ifindex === undefined ? undefined : findNeighbour(netlink, ifindex, ip);
    },
    route: (ip) => {
      const route = routeTo(netlink, ip);
      const dev = route && nameOfLink(netlink, route.ifindex);
      if (!dev) return undefined;
      return { dev, ...(route.source ? { src: route.source } : {}) };
    },
    firewall: async (address) =>
      firewallFacts(await listNft(), address, { target, uplink, egress: egressOf(address) }),
    arp: async (ip, waitMs) => {
      const ifindex = findLink(netlink, bridge.name)?.index;
      if (ifindex === undefined) return [];
      return probeArp({ ifindex, sourceMac: bridge.mac, sourceIp: bridge.gateway, ip, waitMs });
    },
    ping: (ip, options) => sendEcho({ ip, ...options }),
    holders: holdersOf,
    peer: (name, vmmPid) => lookAtPeer(netlink, name, vmmPid),
  };
}

function lookAtPeer(netlink: NetlinkSocket, name: string, vmmPid: number): ReturnType<NetworkLook["peer"]> {
  const own = findLink(netlink, name);
  const link = own && peerOf(netlink, own);
  if (!link) return undefined;
  const there = own.peer?.netnsId;
  const isInGuest =
    there !== undefined && descendantsOf(vmmPid).some((pid) => netnsIdOf(netlink, pid) === there);
  return { link, isInGuest };
}

function firewallFacts(
  ruleset: Ruleset,
  address: VmAddress,
  {
    target,
    uplink,
    egress,
  }: Pick<LookTools, "target" | "uplink"> & { readonly egress: SlotEgress | undefined },
): FirewallFacts {
  const { tables, bridge } = target;
  const ours = {
    links: [bridge.name, ...(uplink ? [uplink] : [])],
    ownTables: tables.map(({ family, name }) => `${family} ${name}`),
    forwards: uplink !== undefined,
  };
  const elements = elementsOfVm(address, egress).map((element) => ({
    ...element,
    loaded: find(ruleset, element),
  }));
  return {
    loaded: loadedGeneration(ruleset, tables),
    planned: generationOf(tables),
    member: elements.every(({ loaded }) => loaded !== undefined),
    foreign: findForeignDrops(ruleset, ours)
      .filter(({ certain }) => certain)
      .map(({ words }) => words),
    counters: Object.fromEntries(
      elements.flatMap(({ set, loaded }) => (loaded?.counter ? [[set, loaded.counter]] : [])),
    ),
  };
}

function find(ruleset: Ruleset, { table, set, element }: SetElement) {
  const wanted = elementKey(table, set, element.replaceAll('"', "").split(/ [.:] /));
  return elementsOf(ruleset, table, set).find(({ parts }) => elementKey(table, set, parts) === wanted);
}
