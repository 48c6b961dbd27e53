import { closeSync, constants, openSync } from "node:fs";
import type { ProxyReport, VmId } from "@browservm/contract";
import { listAddresses } from "../../linux/addresses.ts";
import { listFdb } from "../../linux/fdb.ts";
import { listLinks } from "../../linux/links.ts";
import { listNeighbours } from "../../linux/neighbours.ts";
import { listQdiscs } from "../../linux/qdiscs.ts";
import { listRoutes } from "../../linux/routes.ts";
import { listRules } from "../../linux/rules.ts";
import { withAssignType } from "../../net/current.ts";
import type { LinkFacts } from "../../net/facts.ts";
import { loadedGeneration } from "../../net/firewall/loaded.ts";
import { listNft, type Ruleset } from "../../net/firewall/nft.ts";
import { generationOf } from "../../net/firewall/ruleset.ts";
import { namespaceInode } from "../../net/holders.ts";
import type { LinuxNetwork } from "../../net/linux-network.ts";
import { isOurPort } from "../../net/tap-device.ts";
import { packetsBetween, readCounters } from "./counters.ts";
import type { HostSight } from "./host-sight.ts";
import { findLeftovers } from "./leftovers.ts";
import { readLegacyRules } from "./legacy-rules.ts";
import { readProcesses } from "./processes.ts";
import { readConntrack, readNeighbourLimit, readSettings } from "./settings.ts";
import { settleCarriers } from "./settle-carriers.ts";
import { readTcFilters } from "./tc-filters.ts";

/** What the host's sight is read with. */
export interface HostTools {
  readonly network: Pick<LinuxNetwork, "plan" | "parts">;
  readonly accelerator: HostSight["accelerator"];
  /** VMs that hostd knows, whatever their state. */
  readonly knownVms: () => ReadonlySet<VmId>;
  /** Names of the directories that VMs have on disk. */
  readonly directories: () => Promise<readonly string[]>;
  /** Of a VM that goes through one. */
  readonly proxyOf?: (vmId: VmId) => ProxyReport | undefined;
}

const proxyRow = (vmId: VmId, report: ProxyReport | undefined): Array<[VmId, ProxyReport]> =>
  report ? [[vmId, report]] : [];

/** What was read before the probe; `after` adds the second look. */
export type FirstLook = Omit<HostSight, "neighboursAfter" | "fdb" | "rulesetAfter" | "packets"> & {
  readonly links: readonly LinkFacts[];
};

/** The host's network as it is now, in one go (≤ 1 s), after carriers have settled. Changes nothing. */
export async function readHostSight(tools: HostTools, signal: AbortSignal): Promise<FirstLook> {
  const { netlink, target } = tools.network.parts;
  const look = () => ({
    links: listLinks(netlink),
    held: () => new Set(readProcesses().holders.map(({ tap }) => tap)),
    bridge: target.bridge.name,
  });
  await settleCarriers(look, signal);
  const began = performance.now();
  const at = new Date().toISOString();
  const knownBefore = tools.knownVms();
  // The programs are started first, so that they work while this thread reads.
  const asked = Promise.all([listNftIfAble(), readLegacyRules(), tools.directories()]);
  const kernel = readKernel(tools);
  const filters = readTcFilters(kernel.links.filter(isOurs(tools)), listQdiscs(netlink));
  const processes = readProcesses();
  const machine = readMachine(tools);
  const [ruleset, legacy, directories] = await asked;
  const tcFilters = await filters;
  const { rules, unread } = legacy;
  return {
    at,
    ...kernel,
    ...processes,
    ...machine,
    ...rulesOf(tools, ruleset),
    tcFilters,
    legacyRules: { before: rules, after: rules, ...(unread === undefined ? {} : { unread }) },
    leftovers: findLeftovers({
      // VMs come and go while the programs work: what belonged to one before or after is no leftover.
      known: new Set([...knownBefore, ...tools.knownVms()]),
      held: machine.held,
      heldAfter: tools.network.parts.slots.held(),
      links: kernel.links,
      ruleset,
      directories,
    }),
    tookMs: performance.now() - began,
  };
}

/** The same with what changed while the VMs were probed. */
export async function lookAgain(tools: HostTools, first: FirstLook): Promise<HostSight> {
  const { netlink } = tools.network.parts;
  const links = listLinks(netlink);
  const counters = readCounters();
  const [rulesetAfter, legacy] = await Promise.all([listNftIfAble(), readLegacyRules()]);
  return {
    ...first,
    neighboursAfter: listNeighbours(netlink),
    fdb: listFdb(netlink),
    rulesetAfter,
    packets: packetsBetween(first.links, links),
    counters: { before: first.counters.before, after: counters },
    legacyRules: { ...first.legacyRules, after: legacy.rules },
  };
}

function readKernel({ network }: HostTools) {
  const { netlink, target } = network.parts;
  const links = listLinks(netlink).map((link) => (link.kind === "bridge" ? withAssignType(link) : link));
  const counters = readCounters();
  return {
    links,
    bridge: links.find(({ name }) => name === target.bridge.name),
    addresses: listAddresses(netlink),
    routes: listRoutes(netlink),
    rules: listRules(netlink),
    neighbours: listNeighbours(netlink),
    fdbBefore: listFdb(netlink),
    counters: { before: counters, after: counters },
  };
}

function readMachine({ network, accelerator, proxyOf }: HostTools) {
  const { target, uplink, config, canary, slots } = network.parts;
  const { link, masquerade, machineIp } = uplink;
  return {
    plan: network.plan,
    target,
    namespace: config.network.namespace,
    namespaceInode: namespaceInode() ?? "",
    sysctls: readSettings(target.sysctls, [target.bridge.name, ...(link ? [link] : [])]),
    conntrack: readConntrack(),
    neighbourLimit: readNeighbourLimit(),
    canary: { alive: canary.isAlive() },
    held: slots.held(),
    proxies: new Map(slots.held().flatMap(({ vmId }) => proxyRow(vmId, proxyOf?.(vmId)))),
    uplinkWanted: config.network.uplink !== "none",
    uplink: link ? { link, masquerade, ...(machineIp ? { machineIp } : {}) } : undefined,
    accelerator,
    kvmOpens: opens("/dev/kvm"),
  };
}

function rulesOf({ network }: HostTools, ruleset: Ruleset | undefined) {
  const { tables } = network.parts.target;
  return {
    ruleset,
    rulesLoaded: ruleset && loadedGeneration(ruleset, tables),
    rulesPlanned: generationOf(tables),
  };
}

async function listNftIfAble(): Promise<Ruleset | undefined> {
  try {
    return await listNft();
  } catch {
    return undefined; // nft is missing, refuses, or says what we cannot read: all of it is "could not be asked"
  }
}

const isOurs = ({ network }: HostTools) => {
  const { target, uplink } = network.parts;
  return (link: LinkFacts): boolean =>
    link.name === target.bridge.name || link.name === uplink.link || isOurPort(link);
};

function opens(device: string): boolean {
  try {
    closeSync(openSync(device, constants.O_RDWR));
    return true;
  } catch {
    return false; // absent, or not ours to open
  }
}
