import { listAddresses } from "../linux/addresses.ts";
import { listLinks } from "../linux/links.ts";
import { listNeighbours } from "../linux/neighbours.ts";
import type { NetlinkSocket } from "../linux/netlink-socket.ts";
import { listRoutes } from "../linux/routes.ts";
import { readAddressAssignType } from "../linux/sysfs.ts";
import type { Canary } from "./canary.ts";
import type { LinkFacts } from "./facts.ts";
import type { LoadedRules } from "./firewall/loaded-rules.ts";
import { CANARY_PORT } from "./names.ts";
import type { CurrentNetwork, NetworkTarget } from "./plan.ts";
import { readSysctl } from "./sysctl.ts";
import { isOurPort } from "./tap-device.ts";

export interface Eyes {
  readonly netlink: NetlinkSocket;
  readonly canary: Canary;
  readonly rules: LoadedRules;
}

/** Looks at the namespace: links, addresses, routes, neighbours by netlink, rules, settings in /proc. Changes nothing. */
export async function readNetwork(
  { netlink, canary, rules }: Eyes,
  target: Omit<NetworkTarget, "held">,
): Promise<CurrentNetwork> {
  const [sysctls, loaded] = await Promise.all([readSysctls(target), rules.read()]);
  const links = listLinks(netlink);
  const bridge = links.find(({ name }) => name === target.bridge.name);
  const port = links.find(({ name }) => name === CANARY_PORT);
  return {
    ...(bridge ? { bridge: withAssignType(bridge) } : {}),
    addresses: listAddresses(netlink),
    routes: listRoutes(netlink),
    neighbours: listNeighbours(netlink),
    sysctls,
    ...loaded,
    taps: links.filter(isOurPort),
    names: new Map(links.map(({ index, name }) => [index, name])),
    canary: { alive: canary.isAlive(), ...(port ? { port } : {}) },
  };
}

/** Adds what only sysfs knows. */
export function withAssignType(link: LinkFacts): LinkFacts {
  const addressAssignType = readAddressAssignType(link.name);
  return addressAssignType === undefined ? link : { ...link, addressAssignType };
}

async function readSysctls({
  sysctls,
}: Pick<NetworkTarget, "sysctls">): Promise<Map<string, string | undefined>> {
  return new Map(await Promise.all(sysctls.map(async ({ path }) => [path, await readSysctl(path)] as const)));
}
