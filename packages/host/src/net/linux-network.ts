import {
  BrowserVmError,
  type Config,
  type EgressPolicy,
  isBrowserVmError,
  type VmAddress,
  type VmId,
} from "@browservm/contract";
import type { LinkReaper } from "../linux/link-reaper.ts";
import { findLink, listLinks } from "../linux/links.ts";
import { forgetNeighbour } from "../linux/neighbours.ts";
import { UndoStack } from "../process/undo-stack.ts";
import type { SlotEgress } from "./egress/egress-elements.ts";
import type { PortKind } from "./facts.ts";
import type { HostNetwork, NetworkLook, NetworkPlan } from "./host-network.ts";
import { type KeeperParts, NetworkKeeper } from "./keeper.ts";
import { refuseStrangers, warnOfStrangers } from "./strangers.ts";
import { honestLink, writeSysctl } from "./sysctl.ts";
import { assertNotHeld, isOurPort, TapDevice } from "./tap-device.ts";
import type { Uplink } from "./uplink.ts";
import { VethPort } from "./veth-port.ts";

export interface NetworkParts extends KeeperParts {
  readonly config: Config;
  readonly reaper: LinkReaper;
  readonly look: NetworkLook;
  readonly uplink: Uplink;
  readonly plan: Omit<NetworkPlan, "warnings">;
}

/** The network of the current namespace, made and kept by ioctl, netlink and nft. Made by `openHostNetwork`. */
export class LinuxNetwork implements HostNetwork {
  readonly look: NetworkLook;
  /** Looks at it and mends it, for the watch. */
  readonly keeper: NetworkKeeper;
  readonly #parts: NetworkParts;
  #warnings: readonly string[];

  constructor(parts: NetworkParts) {
    this.#parts = parts;
    this.look = parts.look;
    this.keeper = new NetworkKeeper(parts);
    this.#warnings = parts.uplink.warnings;
  }

  get plan(): NetworkPlan {
    return { ...this.#parts.plan, warnings: this.#warnings };
  }

  /** What it is made of, for those who look deeper (doctor, watch). */
  get parts(): NetworkParts {
    return this.#parts;
  }

  /** What the network must be, but for the VMs. */
  get target(): NetworkParts["target"] {
    return this.#parts.target;
  }

  /** The link by which guests go out, if any. */
  get uplinkName(): string | undefined {
    return this.#parts.uplink.link;
  }

  async ensure(): Promise<void> {
    const { target, uplink, log } = this.#parts;
    refuseStrangers(this.#parts);
    const { ran, left } = await this.keeper.mend((planned) => planned);
    const failed = ran.find(({ error }) => error !== undefined);
    if (failed) throw failed.error;
    if (left.length > 0) {
      const missing = left.map((step) => step.do);
      throw new BrowserVmError("INTERNAL", `the network is not as planned: ${missing}`, { left: missing });
    }
    this.#warnings = [...uplink.warnings, ...(await warnOfStrangers(this.#parts))];
    for (const warning of this.#warnings) log.warn({ bridge: target.bridge.name, warning }, "network");
  }

  reserve(vmId: VmId): VmAddress {
    return this.#parts.slots.reserve(vmId);
  }

  egressOf(vmId: VmId): SlotEgress | undefined {
    return this.#parts.slots.heldBy(vmId)?.egress;
  }

  /** Written down first: should we die in between, the watch puts it in force. */
  async setEgress(vmId: VmId, policy: EgressPolicy | undefined): Promise<void> {
    const { slots, firewall, learned, flows, netlink } = this.#parts;
    // The same again cuts no flow.
    if (JSON.stringify(policy) !== JSON.stringify(this.egressOf(vmId)?.policy)) slots.setEgress(vmId, policy);
    const held = slots.heldBy(vmId);
    if (!held) return;
    learned.keepOnly(held);
    const isPlugged = !held.fenced && findLink(netlink, held.address.tap) !== undefined;
    if (isPlugged) await firewall.change(held, learned.elementsOf(held.address.ip));
    flows.keepOnly(held.address.ip, held.egress?.policy);
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

  /** Every reservation. */
  held(): ReturnType<NetworkParts["slots"]["held"]> {
    return this.#parts.slots.held();
  }

  fence(address: VmAddress, ownerUid: number): Promise<void> {
    return this.keeper.whileChanging(address, () => this.#fence(address, ownerUid));
  }

  plug(address: VmAddress, ownerUid: number, kind: PortKind = "tap"): Promise<void> {
    return this.keeper.whileChanging(address, () => this.#plug(address, ownerUid, kind));
  }

  letGo(address: VmAddress): void {
    this.keeper.letGo(address);
  }

  unplug(address: VmAddress): Promise<void> {
    return this.keeper.whileChanging(address, () => this.#unplug(address));
  }

  async reclaim(alive: ReadonlySet<VmId>): Promise<readonly string[]> {
    const { slots, netlink, reaper, firewall, learned, log } = this.#parts;
    const held = slots.held();
    const kept = held.filter(({ vmId }) => alive.has(vmId));
    const keptTaps = new Set<string>(kept.map(({ address: { tap } }) => tap));
    const strays = listLinks(netlink).filter((link) => isOurPort(link) && !keptTaps.has(link.name));
    const busy = new Set(strays.filter((link) => isHeld(link)).map(({ name }) => name));
    for (const name of busy) log.warn({ tap: name }, "a TAP of no VM is held by a process, so it stays");
    const taps = strays.map(({ name }) => name).filter((name) => !busy.has(name));
    await reaper.remove(taps);
    const dead = held.filter(({ vmId, address }) => !alive.has(vmId) && !busy.has(address.tap));
    const stillThere = held.filter(({ address }) => busy.has(address.tap));
    const elements = await firewall.expelAllBut([...kept, ...stillThere]);
    for (const { vmId, address } of dead) {
      this.#forget(address);
      learned.forget(address.ip);
      slots.release(vmId);
    }
    return [...taps, ...elements, ...dead.map(({ address }) => `address ${address.ip}`)];
  }

  async dismantle(): Promise<void> {
    const { netlink, reaper, canary, firewall, target, machineSysctls } = this.#parts;
    const taps = listLinks(netlink).filter(isOurPort);
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
    this.#parts.rules[Symbol.dispose]();
    this.#parts.netlink[Symbol.dispose]();
  }

  /** The fence is written down before there is a TAP that could be taken for one that was forgotten. */
  async #fence(address: VmAddress, ownerUid: number): Promise<void> {
    const { slots } = this.#parts;
    slots.setFenced(this.#holder(address), true);
    await TapDevice.createApart(this.#parts, { name: address.tap, ownerUid });
    this.keeper.remember(address);
  }

  #guest(address: VmAddress) {
    const egress = this.held().find((held) => held.address.slot === address.slot)?.egress;
    return egress ? { address, egress } : { address };
  }

  #holder({ slot, ip }: VmAddress): VmId {
    const held = this.held().find(({ address }) => address.slot === slot);
    if (!held) throw new Error(`no VM holds ${ip}`);
    return held.vmId;
  }

  async #plug(address: VmAddress, ownerUid: number, kind: PortKind): Promise<void> {
    const { target, config, firewall, slots } = this.#parts;
    await using undo = new UndoStack();
    const { name: bridge, mtu } = target.bridge;
    const spec = { name: address.tap, ownerUid, bridge, mtu };
    const fenced = this.held().find((held) => held.fenced && held.address.slot === address.slot);
    // Its VMM holds a fenced TAP already: whoever takes the VM apart ends that first.
    if (fenced) TapDevice.plugIn(this.#parts, spec);
    else {
      const make = () =>
        kind === "veth"
          ? VethPort.create(this.#parts, { address, bridge, mtu })
          : TapDevice.create(this.#parts, spec);
      const port = await make();
      undo.defer(() => port[Symbol.asyncDispose]());
    }
    // In a namespace of ours the defaults say so already.
    if (config.network.namespace === "host") await Promise.all(honestLink(address.tap).map(writeSysctl));
    this.#forget(address);
    const guest = this.#guest(address);
    undo.defer(() => firewall.expel(guest));
    await firewall.admit(guest);
    if (fenced) slots.setFenced(fenced.vmId, false);
    this.keeper.remember(address);
    undo.keep();
  }

  async #unplug(address: VmAddress): Promise<void> {
    const { netlink, reaper, firewall, learned, flows } = this.#parts;
    const link = findLink(netlink, address.tap);
    // Another program's link of this name is not ours to remove.
    if (link && isOurPort(link)) {
      assertNotHeld(link);
      await reaper.remove([address.tap]);
    }
    learned.forget(address.ip);
    await firewall.expel(this.#guest(address));
    flows.forget(address.ip);
    this.#forget(address);
  }

  #forget({ ip }: VmAddress): void {
    const { netlink, target } = this.#parts;
    const bridge = findLink(netlink, target.bridge.name);
    if (bridge) forgetNeighbour(netlink, bridge.index, ip);
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
