import { BrowserVmError } from "@browservm/contract";
import { findLink, listLinks } from "../linux/links.ts";
import type { NetlinkSocket } from "../linux/netlink-socket.ts";
import { listRoutes } from "../linux/routes.ts";
import { type OccupiedRange, refuseClash } from "./cidr.ts";
import { findForeignDrops } from "./firewall/foreign-rules.ts";
import { listNft } from "./firewall/nft.ts";
import type { NetworkLook, NetworkPlan } from "./host-network.ts";
import { contains, parseRange, toIpv4, toNumber } from "./ipv4.ts";
import type { NetworkTarget } from "./plan.ts";
import type { Uplink } from "./uplink.ts";

export interface StrangerTools {
  readonly netlink: NetlinkSocket;
  readonly target: Omit<NetworkTarget, "held">;
  readonly plan: Omit<NetworkPlan, "warnings">;
  readonly look: NetworkLook;
  readonly uplink: Uplink;
}

/** What stands in the way: something else under the bridge's name, or the range in use by another link. */
export function refuseStrangers({ netlink, target, plan, look }: StrangerTools): void {
  const { name } = target.bridge;
  const link = findLink(netlink, name);
  if (link && link.kind !== "bridge")
    throw new BrowserVmError("TAP_NAME_TAKEN", `${name} exists and is no bridge`, { name, kind: link.kind });
  // A bridge that has its gateway is in use: then a clash is a warning, and no reason to stop serving VMs.
  const isSetUp = look.route(plan.gateway)?.src === plan.gateway;
  if (!isSetUp) refuseClash(plan.cidr, otherRoutes(netlink, link?.index));
}

/** What of other programs takes guests' packets away or drops them, in words. */
export async function warnOfStrangers(tools: StrangerTools): Promise<string[]> {
  return [...(await foreignRules(tools)), ...foreignRoutes(tools)];
}

function foreignRoutes({ netlink, target, plan }: StrangerTools): string[] {
  const range = parseRange(plan.cidr);
  return otherRoutes(netlink, findLink(netlink, target.bridge.name)?.index)
    .filter(({ base, prefix }) => prefix >= range.prefix && contains(range, toIpv4(base)))
    .map(({ dev }) => `a route by ${dev} takes packets for guests away from ${target.bridge.name}`);
}

function otherRoutes(netlink: NetlinkSocket, bridge: number | undefined): OccupiedRange[] {
  const names = new Map(listLinks(netlink).map(({ index, name }) => [index, name]));
  return listRoutes(netlink)
    .filter(({ ifindex }) => ifindex !== bridge)
    .map(({ ip, prefix, ifindex }) => ({ base: toNumber(ip), prefix, dev: names.get(ifindex) ?? "no link" }));
}

async function foreignRules({ target, uplink }: StrangerTools): Promise<string[]> {
  const ownTables = target.tables.map(({ family, name }) => `${family} ${name}`);
  const links = [target.bridge.name, ...(uplink.link ? [uplink.link] : [])];
  const drops = findForeignDrops(await listNft(), { links, ownTables, forwards: uplink.link !== undefined });
  return drops.map(({ words, certain }) => `${certain ? "drops" : "may drop"} guests' traffic: ${words}`);
}
