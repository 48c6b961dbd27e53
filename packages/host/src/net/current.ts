import { listAddresses } from "../linux/addresses.ts";
import { listLinks } from "../linux/links.ts";
import type { NetlinkSocket } from "../linux/netlink-socket.ts";
import { readAddressAssignType } from "../linux/sysfs.ts";
import type { Canary } from "./canary.ts";
import type { LinkFacts } from "./facts.ts";
import { loadedGeneration } from "./firewall/loaded.ts";
import { elementsOf, listNft, type Ruleset } from "./firewall/nft.ts";
import { CANARY_PORT } from "./names.ts";
import { type CurrentNetwork, elementKey, type NetworkTarget } from "./plan.ts";
import { readSysctl } from "./sysctl.ts";
import { isOurTap } from "./tap-device.ts";

/** Looks at the namespace: links and addresses by netlink, rules by nft, settings in /proc. Changes nothing. */
export async function readNetwork(
  netlink: NetlinkSocket,
  canary: Canary,
  target: NetworkTarget,
): Promise<CurrentNetwork> {
  const links = listLinks(netlink);
  const bridge = links.find(({ name }) => name === target.bridge.name);
  const port = links.find(({ name }) => name === CANARY_PORT);
  const ruleset = await listNft();
  return {
    ...(bridge ? { bridge: withAssignType(bridge) } : {}),
    bridgeAddresses: listAddresses(netlink)
      .filter(({ ifindex }) => ifindex === bridge?.index)
      .map(({ ip, prefix }) => `${ip}/${prefix}`),
    sysctls: await readSysctls(target),
    generation: loadedGeneration(ruleset, target.tables),
    elements: loadedElements(ruleset, target),
    taps: links.filter(isOurTap),
    canary: { alive: canary.isAlive(), ...(port ? { port } : {}) },
  };
}

/** Adds what only sysfs knows. */
export function withAssignType(link: LinkFacts): LinkFacts {
  const addressAssignType = readAddressAssignType(link.name);
  return addressAssignType === undefined ? link : { ...link, addressAssignType };
}

async function readSysctls({ sysctls }: NetworkTarget): Promise<Map<string, string | undefined>> {
  return new Map(await Promise.all(sysctls.map(async ({ path }) => [path, await readSysctl(path)] as const)));
}

function loadedElements(ruleset: Ruleset, { tables }: NetworkTarget): Set<string> {
  const keys = tables.flatMap(({ family, name, sets }) =>
    sets.flatMap((set) =>
      elementsOf(ruleset, `${family} ${name}`, set.name).map(({ parts }) =>
        elementKey(`${family} ${name}`, set.name, parts),
      ),
    ),
  );
  return new Set(keys);
}
