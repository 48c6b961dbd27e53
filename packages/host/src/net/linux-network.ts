import {
  BrowserVmError,
  type Config,
  isBrowserVmError,
  type VmAddress,
  type VmId,
} from "@browservm/contract";
import type { Logger } from "pino";
import type { LinkReaper } from "../linux/link-reaper.ts";
import { findLink, listLinks } from "../linux/links.ts";
import { forgetNeighbour } from "../linux/neighbours.ts";
import type { NetlinkSocket } from "../linux/netlink-socket.ts";
import { listRoutes } from "../linux/routes.ts";
import { UndoStack } from "../process/undo-stack.ts";
import type { Canary } from "./canary.ts";
import { refuseClash } from "./cidr.ts";
import { readNetwork } from "./current.ts";
import { findForeignDrops } from "./firewall/foreign-rules.ts";
import { listNft } from "./firewall/nft.ts";
import type { FirewallDesk } from "./firewall-desk.ts";
import type { HostNetwork, NetworkLook, NetworkPlan } from "./host-network.ts";
import { parseRange, toNumber } from "./ipv4.ts";
import { runSteps } from "./net-runners.ts";
import { type NetStep, type NetworkTarget, planNetwork } from "./plan.ts";
import type { RememberedSysctls } from "./remembered-sysctls.ts";
import type { SlotStore } from "./slots.ts";
import { honestLink, writeSysctl } from "./sysctl.ts";
import { assertNotHeld, isOurTap, TapDevice } from "./tap-device.ts";
import type { Uplink } from "./uplink.ts";

export interface NetworkParts {
  readonly config: Config;
  readonly log: Logger;
  readonly slots: SlotStore;
  readonly netlink: NetlinkSocket;
  readonly reaper: LinkReaper;
  readonly canary: Canary;
  readonly firewall: FirewallDesk;
  readonly look: NetworkLook;
  readonly uplink: Uplink;
  readonly target: Omit<NetworkTarget, "held">;
  readonly plan: Omit<NetworkPlan, "warnings">;
  /** Settings of the machine itself (`host` mode only) that we change. */
  readonly machineSysctls: RememberedSysctls;
  /** Told of every step before it runs. */
  readonly onStep: (step: NetStep) => void;
}

/** The network of the current namespace, made and kept by ioctl, netlink and nft. Made by `openHostNetwork`. */
export class LinuxNetwork implements HostNetwork {
  readonly look: NetworkLook;
  readonly #parts: NetworkParts;
  #warnings: readonly string[];

  constructor(parts: NetworkParts) {
    this.#parts = parts;
    this.look = parts.look;
    this.#warnings = parts.uplink.warnings;
  }

  get plan(): NetworkPlan {
    return { ...this.#parts.plan, warnings: this.#warnings };
  }

  /** What it is made of, for those who look deeper (doctor, watch). */
  get parts(): NetworkParts {
    return this.#parts;
  }

  async ensure(): Promise<void> {
    const { firewall, target } = this.#parts;
    this.#refuseStrangers();
    await firewall.exclusively(async () => {
      await this.#runMissingSteps();
      const left = await this.#missingSteps();
      if (left.length > 0)
        throw new BrowserVmError(
          "INTERNAL",
          `the network is not as planned: ${left.map((step) => step.do)}`,
          {
            left: left.map((step) => step.do),
          },
        );
    });
    this.#warnings = [
      ...this.#parts.uplink.warnings,
      ...(await this.#foreignRules()),
      ...this.#foreignRoutes(),
    ];
    for (const warning of this.#warnings)
      this.#parts.log.warn({ bridge: target.bridge.name, warning }, "network");
  }

  reserve(vmId: VmId): VmAddress {
    return this.#parts.slots.reserve(vmId);
  }

  release(vmId: VmId): void {
    this.#parts.slots.release(vmId);
  }

  addressOf(vmId: VmId): VmAddress | undefined {
    return this.#parts.slots.addressOf(vmId);
  }

  slots(): { total: number; used: number; resting: number } {
    return this.#parts.slots.counts();
  }

  async plug(address: VmAddress, ownerUid: number): Promise<void> {
    const { target, config, firewall } = this.#parts;
    await using undo = new UndoStack();
    const { name: bridge, mtu } = target.bridge;
    const tap = await TapDevice.create(this.#parts, { name: address.tap, ownerUid, bridge, mtu });
    undo.defer(() => tap[Symbol.asyncDispose]());
    // In a namespace of ours the defaults say so already.
    if (config.network.namespace === "host") await Promise.all(honestLink(address.tap).map(writeSysctl));
    this.#forget(address);
    undo.defer(() => firewall.expel(address));
    await firewall.admit(address);
    undo.keep();
  }

  async unplug(address: VmAddress): Promise<void> {
    const { netlink, reaper, firewall } = this.#parts;
    const link = findLink(netlink, address.tap);
    // Another program's link of this name is not ours to remove.
    if (link && isOurTap(link)) {
      assertNotHeld(link);
      await reaper.remove([address.tap]);
    }
    await firewall.expel(address);
    this.#forget(address);
  }

  async reclaim(alive: ReadonlySet<VmId>): Promise<readonly string[]> {
    const { slots, netlink, reaper, firewall, log } = this.#parts;
    const held = slots.held();
    const kept = held.filter(({ vmId }) => alive.has(vmId)).map(({ address }) => address);
    const keptTaps = new Set<string>(kept.map(({ tap }) => tap));
    const strays = listLinks(netlink).filter((link) => isOurTap(link) && !keptTaps.has(link.name));
    const busy = new Set(strays.filter((link) => isHeld(link)).map(({ name }) => name));
    for (const name of busy) log.warn({ tap: name }, "a TAP of no VM is held by a process, so it stays");
    const taps = strays.map(({ name }) => name).filter((name) => !busy.has(name));
    await reaper.remove(taps);
    const dead = held.filter(({ vmId, address }) => !alive.has(vmId) && !busy.has(address.tap));
    const stillThere = held.filter(({ address }) => busy.has(address.tap)).map(({ address }) => address);
    const elements = await firewall.expelAllBut([...kept, ...stillThere]);
    for (const { vmId, address } of dead) {
      this.#forget(address);
      slots.release(vmId);
    }
    return [...taps, ...elements, ...dead.map(({ address }) => `address ${address.ip}`)];
  }

  async dismantle(): Promise<void> {
    const { netlink, reaper, canary, firewall, target, machineSysctls } = this.#parts;
    const taps = listLinks(netlink).filter(isOurTap);
    for (const tap of taps) assertNotHeld(tap);
    await reaper.remove(taps.map(({ name }) => name));
    await canary.stop();
    await reaper.remove([target.bridge.name]);
    await firewall.removeTables();
    await machineSysctls.restore();
  }

  /** Stops watching and lets go of the kernel; what was made stays. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.reaper[Symbol.asyncDispose]();
    this.#parts.netlink[Symbol.dispose]();
  }

  async #missingSteps(): Promise<NetStep[]> {
    const { netlink, canary, slots } = this.#parts;
    const target = { ...this.#parts.target, held: slots.held().map(({ address }) => address) };
    return planNetwork(await readNetwork(netlink, canary, target), target);
  }

  async #runMissingSteps(): Promise<void> {
    const { netlink, canary, target, log, onStep, machineSysctls } = this.#parts;
    const tools = { netlink, canary, bridge: target.bridge, machineSysctls };
    await runSteps(await this.#missingSteps(), tools, (step) => {
      log.debug({ step: step.do }, "network step");
      onStep(step);
    });
  }

  #forget({ ip }: VmAddress): void {
    const { netlink, target } = this.#parts;
    const bridge = findLink(netlink, target.bridge.name);
    if (bridge) forgetNeighbour(netlink, bridge.index, ip);
  }

  /** What stands in the way: something else under the bridge's name, or the range in use by another link. */
  #refuseStrangers(): void {
    const { netlink, target, plan } = this.#parts;
    const { name } = target.bridge;
    const link = findLink(netlink, name);
    if (link && link.kind !== "bridge")
      throw new BrowserVmError("TAP_NAME_TAKEN", `${name} exists and is no bridge`, {
        name,
        kind: link.kind,
      });
    // A bridge that has its gateway is in use: then a clash is a warning, and no reason to stop serving VMs.
    const isSetUp = this.look.route(plan.gateway)?.src === plan.gateway;
    if (!isSetUp) refuseClash(plan.cidr, this.#otherRoutes(link?.index));
  }

  #foreignRoutes(): string[] {
    const { netlink, target, plan } = this.#parts;
    const range = parseRange(plan.cidr);
    return this.#otherRoutes(findLink(netlink, target.bridge.name)?.index)
      .filter(
        ({ base, prefix }) =>
          prefix >= range.prefix && parseRange(`${plan.gateway}/${range.prefix}`).base <= base,
      )
      .filter(({ base }) => base < range.base + 2 ** (32 - range.prefix))
      .map(({ dev }) => `a route by ${dev} takes packets for guests away from ${target.bridge.name}`);
  }

  #otherRoutes(bridge: number | undefined) {
    const { netlink } = this.#parts;
    const names = new Map(listLinks(netlink).map(({ index, name }) => [index, name]));
    return listRoutes(netlink)
      .filter(({ ifindex }) => ifindex !== bridge)
      .map(({ ip, prefix, ifindex }) => ({
        base: toNumber(ip),
        prefix,
        dev: names.get(ifindex) ?? "no link",
      }));
  }

  async #foreignRules(): Promise<string[]> {
    const { target, uplink } = this.#parts;
    const ownTables = target.tables.map(({ family, name }) => `${family} ${name}`);
    const links = [target.bridge.name, ...(uplink.link ? [uplink.link] : [])];
    const drops = findForeignDrops(await listNft(), {
      links,
      ownTables,
      forwards: uplink.link !== undefined,
    });
    return drops.map(({ words, certain }) => `${certain ? "drops" : "may drop"} guests' traffic: ${words}`);
  }
}

function isHeld(link: Parameters<typeof assertNotHeld>[0]): boolean {
  try {
    assertNotHeld(link);
    return false;
  } catch (error) {
    if (isBrowserVmError(error, "TAP_BUSY")) return true;
    throw error;
  }
}
