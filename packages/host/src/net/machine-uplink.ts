import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Config, Ipv4 } from "@browservm/contract";
import { listAddresses } from "../linux/addresses.ts";
import { changeLink, deleteLink, findLink, listLinks } from "../linux/links.ts";
import type { NetlinkSocket } from "../linux/netlink-socket.ts";
import { listRoutes } from "../linux/routes.ts";
import { run } from "../process/run.ts";
import { planAddresses } from "./address-plan.ts";
import { firstFree, type OccupiedRange, refuseClash } from "./cidr.ts";
import { findForeignDrops } from "./firewall/foreign-rules.ts";
import { legacyDrops } from "./firewall/legacy-rules.ts";
import { loadedGeneration } from "./firewall/loaded.ts";
import { applyNft, listNft, type Ruleset } from "./firewall/nft.ts";
import { generationOf, renderReplacement, type Table } from "./firewall/ruleset.ts";
import { uplinkTable } from "./firewall/uplink-rules.ts";
import { contains, formatRange, type Ipv4Range, parseRange, toIpv4, toNumber } from "./ipv4.ts";
import type { MachineNames } from "./machine-names.ts";
import { UPLINK_INSIDE } from "./names.ts";
import { RememberedSysctls } from "./remembered-sysctls.ts";
import { findResolvers } from "./resolvers.ts";
import { MAX_PORTS } from "./slots.ts";
import { forwardingOf, honestLink, raisedNeighbourLimits } from "./sysctl.ts";
import { addressesOf, defaultLinks, type UplinkFile } from "./uplink.ts";

/** Link-local (RFC 3927), away from the metadata addresses that clouds use (169.254.169.x, 169.254.170.x). */
const VETH_POOL = parseRange("169.254.64.0/18");
const VETH_PREFIX = 30;
/** A zeroconf route (169.254.0.0/16) covers the whole pool and is no obstacle for a narrower one. */
const NARROWER_THAN = 16;

export interface MachineUplink {
  readonly config: Config;
  readonly names: MachineNames;
  /** Of the namespace. */
  readonly inode: string;
  readonly netlink: NetlinkSocket;
}

interface Ends {
  readonly range: Ipv4Range;
  readonly machine: Ipv4;
  readonly inside: Ipv4;
}

/** One veth pair, the routes both ways, forwarding, our table, and the file that tells hostd. Answers warnings. */
export async function setUpMachineUplink(uplink: MachineUplink): Promise<string[]> {
  const { config, names, netlink } = uplink;
  refuseClash(config.network.cidr, routesOfOthers(names, netlink));
  await makeVeth(uplink);
  const ends = await addressVeth(uplink);
  const outward = defaultLinks(netlink);
  await setSysctls(uplink, outward);
  const cidr = formatRange(parseRange(config.network.cidr));
  const tables = [
    uplinkTable({ tableName: names.table, link: names.link, sources: [cidr, formatRange(ends.range)] }),
  ];
  const ruleset = await listNft();
  if (loadedGeneration(ruleset, tables) !== generationOf(tables))
    await applyNft(renderReplacement(tables, []));
  const warnings = await warn({ uplink, ruleset, tables, outward });
  await tellHostd(uplink, { ends, outward, warnings });
  return warnings;
}

/** Removes link, rules, settings and file; what is not there is fine. */
export async function removeMachineUplink(names: MachineNames, netlink: NetlinkSocket): Promise<void> {
  deleteLink(netlink, names.link);
  const { chains } = await listNft();
  if (chains.some(({ family, table }) => family === "inet" && table === names.table))
    await applyNft(`delete table inet ${names.table}\n`);
  await new RememberedSysctls(names.sysctlFile).restore();
  rmSync(names.uplinkFile, { force: true });
}

function routesOfOthers({ link }: MachineNames, netlink: NetlinkSocket): OccupiedRange[] {
  const dev = new Map(listLinks(netlink).map(({ index, name }) => [index, name]));
  return listRoutes(netlink)
    .map(({ ip, prefix, ifindex }) => ({ base: toNumber(ip), prefix, dev: dev.get(ifindex) ?? "no link" }))
    .filter((route) => route.dev !== link);
}

async function makeVeth({ config, names, netlink }: MachineUplink): Promise<void> {
  const { link, namespace } = names;
  // Ours, but its other end is in a namespace that was deleted by name: both ends are made anew.
  if (findLink(netlink, link) && !(await hasInside(namespace))) deleteLink(netlink, link);
  if (!findLink(netlink, link)) {
    const peer = ["peer", "name", UPLINK_INSIDE, "netns", namespace];
    await run("ip", ["link", "add", "name", link, "type", "veth", ...peer]);
  }
  const { mtu } = config.network;
  changeLink(netlink, link, { alias: `uplink of the BrowserVM namespace ${namespace}`, mtu });
}

async function hasInside(namespace: string): Promise<boolean> {
  const { stdout } = await run("ip", ["-n", namespace, "-j", "link"]);
  return stdout.includes(`"ifname":"${UPLINK_INSIDE}"`);
}

async function addressVeth({ config, names, netlink }: MachineUplink): Promise<Ends> {
  const ends = chooseEnds(names, netlink);
  const { link, namespace } = names;
  const { mtu, cidr } = config.network;
  await batch([], [`addr replace ${ends.machine}/${VETH_PREFIX} dev ${link}`, `link set ${link} up`]);
  await batch(
    ["-n", namespace],
    [
      `addr replace ${ends.inside}/${VETH_PREFIX} dev ${UPLINK_INSIDE}`,
      `link set ${UPLINK_INSIDE} mtu ${mtu} up`,
      `route replace default via ${ends.machine} dev ${UPLINK_INSIDE}`,
    ],
  );
  await batch([], [`route replace ${formatRange(parseRange(cidr))} via ${ends.inside} dev ${link}`]);
  return ends;
}

/** The range that the link has already, else the first free one. */
function chooseEnds({ link }: MachineNames, netlink: NetlinkSocket): Ends {
  const index = findLink(netlink, link)?.index;
  const own = listAddresses(netlink).find(({ ifindex, ip }) => ifindex === index && contains(VETH_POOL, ip));
  const occupied = listRoutes(netlink)
    .map(({ ip, prefix }) => ({ base: toNumber(ip), prefix }))
    .filter(({ prefix }) => prefix > NARROWER_THAN);
  const range = own ? parseRange(`${own.ip}/${VETH_PREFIX}`) : firstFree(VETH_POOL, VETH_PREFIX, occupied);
  if (!range) throw new Error("every /30 of the link-local pool is routed");
  return { range, machine: toIpv4(range.base + 1), inside: toIpv4(range.base + 2) };
}

async function batch(options: readonly string[], lines: readonly string[]): Promise<void> {
  await run("ip", [...options, "-batch", "-"], { input: `${lines.join("\n")}\n` });
}

async function setSysctls({ config, names }: MachineUplink, outward: readonly string[]): Promise<void> {
  const remembered = new RememberedSysctls(names.sysctlFile);
  const slots = Math.min(planAddresses(config.network.cidr).slotCount, MAX_PORTS);
  const wanted = [
    ...honestLink(names.link),
    forwardingOf(names.link),
    ...outward.map(forwardingOf),
    ...(await raisedNeighbourLimits(slots)),
  ];
  for (const sysctl of wanted) await remembered.set(sysctl);
}

interface Findings {
  readonly uplink: MachineUplink;
  readonly ruleset: Ruleset;
  readonly tables: readonly Table[];
  readonly outward: readonly string[];
}

async function warn({ uplink, ruleset, tables, outward }: Findings): Promise<string[]> {
  const { link } = uplink.names;
  const ownTables = tables.map(({ family, name }) => `${family} ${name}`);
  const drops = findForeignDrops(ruleset, { links: [link], ownTables, forwards: true });
  const advice = `allow ${link} there (Docker: \`iptables -I DOCKER-USER -i ${link} -j ACCEPT\` and the same with -o; ufw: \`ufw route allow in on ${link}\`)`;
  return [
    ...(outward.length === 0 ? ["this machine has no default route, so guests have no way out"] : []),
    ...[...drops.map(({ words }) => words), ...(await legacyDrops(link))].map(
      (words) => `guests' traffic is dropped by ${words}; ${advice}`,
    ),
  ];
}

interface Told {
  readonly ends: Ends;
  readonly outward: readonly string[];
  readonly warnings: readonly string[];
}

async function tellHostd({ names, inode, netlink }: MachineUplink, told: Told): Promise<void> {
  const own = listAddresses(netlink).map(({ ip }) => ip);
  const file: UplinkFile = {
    namespace: inode,
    machineIp: told.ends.machine,
    machineAddresses: addressesOf(netlink, told.outward[0]),
    dns: await findResolvers(own),
    warnings: [...told.warnings],
  };
  mkdirSync(dirname(names.uplinkFile), { recursive: true });
  writeFileSync(`${names.uplinkFile}.new`, JSON.stringify(file), { mode: 0o644 });
  renameSync(`${names.uplinkFile}.new`, names.uplinkFile);
}
