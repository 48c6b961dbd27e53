import { readFile } from "node:fs/promises";
import { type Config, Ipv4 } from "@browservm/contract";
import { z } from "zod";
import { listAddresses } from "../linux/addresses.ts";
import { listLinks } from "../linux/links.ts";
import type { NetlinkSocket } from "../linux/netlink-socket.ts";
import { listRoutes } from "../linux/routes.ts";
import { namespaceInode } from "./holders.ts";
import { UPLINK_INSIDE } from "./names.ts";
import { findResolvers } from "./resolvers.ts";

/** What the launcher tells hostd of the way out, in the run directory: hostd cannot see the machine's namespace. */
export const UplinkFile = z.object({
  /** Inode of the namespace that this was written for. */
  namespace: z.string(),
  /** The machine's end of the veth. */
  machineIp: Ipv4.optional(),
  /** Addresses by which the machine is known outside; closed to guests. */
  machineAddresses: z.array(Ipv4),
  dns: z.array(Ipv4),
  warnings: z.array(z.string()),
});
export type UplinkFile = z.infer<typeof UplinkFile>;

export const uplinkFilePath = ({ runDir }: Pick<Config, "runDir">): string => `${runDir}/uplink.json`;

/** How guests go out, as hostd's network needs to know it. */
export interface Uplink {
  /** Absent: guests reach nothing outside. */
  readonly link?: string;
  readonly masquerade: boolean;
  readonly machineIp?: Ipv4;
  readonly machineAddresses: readonly Ipv4[];
  readonly dns: readonly Ipv4[];
  readonly warnings: readonly string[];
}

const NONE: Uplink = { masquerade: false, machineAddresses: [], dns: [], warnings: [] };

/** Reads what the launcher wrote (`isolated`), or looks at the machine itself (`host`). */
export async function describeUplink(config: Config, netlink: NetlinkSocket): Promise<Uplink> {
  const { namespace, uplink, dns } = config.network;
  const found = namespace === "host" ? await lookAtMachine(netlink) : await readUplinkFile(config);
  if (uplink === "none") return { ...NONE, machineAddresses: found.machineAddresses };
  if (!found.link) return found;
  const chosen = dns.length > 0 ? dns : found.dns;
  const silent = chosen.length === 0 ? ["no DNS server is known that guests can reach: set network.dns"] : [];
  return { ...found, dns: chosen, warnings: [...found.warnings, ...silent] };
}

async function readUplinkFile(config: Config): Promise<Uplink> {
  const text = await readFile(uplinkFilePath(config), "utf8").catch(() => undefined);
  if (text === undefined) return NONE;
  const file = UplinkFile.parse(JSON.parse(text));
  if (file.namespace !== namespaceInode())
    return {
      ...NONE,
      warnings: ["the uplink belongs to an earlier network namespace: start again with `browservm up`"],
    };
  const { machineIp, machineAddresses, dns, warnings } = file;
  const common = { masquerade: false, machineAddresses, dns, warnings };
  return machineIp ? { ...common, link: UPLINK_INSIDE, machineIp } : common;
}

async function lookAtMachine(netlink: NetlinkSocket): Promise<Uplink> {
  const [link, ...others] = defaultLinks(netlink);
  const machineAddresses = addressesOf(netlink, link);
  if (!link) return { ...NONE, warnings: ["this machine has no default route, so guests have no way out"] };
  const own = listAddresses(netlink).map(({ ip }) => ip);
  const warnings = others.map((other) => `a second default route by ${other} is not used for guests`);
  return { link, masquerade: true, machineAddresses, dns: await findResolvers(own), warnings };
}

/** The links of the machine's default routes, each once, in the kernel's order. */
export function defaultLinks(netlink: NetlinkSocket): string[] {
  const names = new Map(listLinks(netlink).map(({ index, name }) => [index, name]));
  const links = listRoutes(netlink)
    .filter(({ prefix, table }) => prefix === 0 && table === MAIN_TABLE)
    .flatMap(({ ifindex }) => names.get(ifindex) ?? []);
  return [...new Set(links)];
}

const MAIN_TABLE = 254; // RT_TABLE_MAIN, linux/rtnetlink.h

/** The IPv4 addresses of one link. */
export function addressesOf(netlink: NetlinkSocket, name: string | undefined): Ipv4[] {
  const index = listLinks(netlink).find((link) => link.name === name)?.index;
  return listAddresses(netlink)
    .filter(({ ifindex }) => ifindex === index)
    .map(({ ip }) => Ipv4.parse(ip));
}
