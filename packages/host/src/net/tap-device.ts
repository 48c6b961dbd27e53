import { BrowserVmError, isBrowserVmError, type VmAddress } from "@browservm/contract";
import type { LinkReaper } from "../linux/link-reaper.ts";
import { changeLink, findLink, isolatePortAndUp } from "../linux/links.ts";
import { isRefusedWith, type NetlinkSocket } from "../linux/netlink-socket.ts";
import { createTap } from "../linux/tun.ts";
import { UndoStack } from "../process/undo-stack.ts";
import type { LinkFacts } from "./facts.ts";
import { holdersOf } from "./holders.ts";
import { slotOfTap, TAP_GROUP, UID_BASE } from "./names.ts";
import { isPlugged } from "./plan.ts";

export interface TapTools {
  readonly netlink: NetlinkSocket;
  readonly reaper: LinkReaper;
}

export interface TapSpec {
  readonly name: VmAddress["tap"];
  readonly ownerUid: number;
  readonly bridge: string;
  readonly mtu: number;
}

/** One persistent TAP on the bridge: owned, isolated, up, read back. Disposing removes it. */
export class TapDevice implements AsyncDisposable {
  readonly name: string;
  readonly #reaper: LinkReaper;

  private constructor(name: string, reaper: LinkReaper) {
    this.name = name;
    this.#reaper = reaper;
  }

  /** TAP_BUSY (with the pid), TAP_NAME_TAKEN, TOO_MANY_PORTS, LINK_NOT_FOUND (no bridge), NETLINK_REFUSED. */
  static async create(tools: TapTools, spec: TapSpec): Promise<TapDevice> {
    await using undo = new UndoStack();
    const apart = await TapDevice.createApart(tools, spec);
    undo.defer(() => apart[Symbol.asyncDispose]());
    const tap = TapDevice.plugIn(tools, spec);
    undo.keep();
    return tap;
  }

  /** A TAP that is down and on no bridge: what its VMM writes is refused by the kernel (EIO). */
  static async createApart(
    { netlink, reaper }: TapTools,
    spec: Pick<TapSpec, "name" | "ownerUid">,
  ): Promise<TapDevice> {
    await createFresh({ netlink, reaper }, spec);
    return new TapDevice(spec.name, reaper);
  }

  /** The same TAP, from now on plugged, isolated and up. A process may hold it already. Errors as `create`. */
  static plugIn({ netlink, reaper }: TapTools, spec: TapSpec): TapDevice {
    const bridge = plugPort(netlink, spec);
    assertAsPlanned(netlink, spec, bridge);
    return new TapDevice(spec.name, reaper);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reaper.remove([this.name]);
  }
}

/** Enslaves a link, isolates it from other guests, and only then sets it up: never up and orphaned. Answers the bridge. */
export function plugPort(
  netlink: NetlinkSocket,
  { name, bridge, mtu }: Pick<TapSpec, "bridge" | "mtu"> & { readonly name: string },
): LinkFacts {
  const master = findLink(netlink, bridge);
  if (!master)
    throw new BrowserVmError("LINK_NOT_FOUND", `the bridge ${bridge} does not exist`, { name: bridge });
  try {
    changeLink(netlink, name, { master: master.index, mtu, group: TAP_GROUP });
  } catch (error) {
    if (!isRefusedWith(error, "EXFULL")) throw error;
    throw new BrowserVmError(
      "TOO_MANY_PORTS",
      `${bridge} has no port left for ${name}`,
      { bridge },
      { cause: error },
    );
  }
  isolatePortAndUp(netlink, name);
  return master;
}

/**
 * Whether we made this link: it has a name of ours and is a veth in our group, or a TAP in our group or (made half)
 * owned by one of our uids.
 */
export function isOurPort({ name, group, tun, kind }: LinkFacts): boolean {
  if (slotOfTap(name) === undefined) return false;
  if (kind === "veth") return group === TAP_GROUP;
  if (!tun?.tap || !tun.persist) return false;
  return group === TAP_GROUP || (tun.ownerUid ?? 0) >= UID_BASE;
}

/** Throws TAP_BUSY when a process holds it. Without a carrier nobody does, so /proc need not be searched. */
export function assertNotHeld(link: LinkFacts): void {
  if (!link.carrier && link.up) return;
  const [pid] = holdersOf(link.name);
  if (pid !== undefined)
    throw new BrowserVmError("TAP_BUSY", `${link.name} is held by process ${pid}`, { name: link.name, pid });
}

/** The name is nearly always free, so it is only looked at when the kernel says that it is not. */
async function createFresh(
  tools: TapTools,
  { name, ownerUid }: Pick<TapSpec, "name" | "ownerUid">,
): Promise<void> {
  const owner = { uid: ownerUid, gid: ownerUid };
  try {
    createTap(name, owner);
  } catch (error) {
    if (!isBrowserVmError(error, "TAP_NAME_TAKEN")) throw error;
    await clearLeftover(tools, name);
    createTap(name, owner);
  }
}

/** Removes what an interrupted run left under this name; what is in use or not ours stays. */
export async function clearLeftover({ netlink, reaper }: TapTools, name: string): Promise<void> {
  const link = findLink(netlink, name);
  if (!link) return;
  if (link.tun) assertNotHeld(link);
  if (!isOurPort(link))
    throw new BrowserVmError(
      "TAP_NAME_TAKEN",
      `${name} exists and is not ours (${link.kind || "a plain device"})`,
      {
        name,
        kind: link.kind,
      },
    );
  await reaper.remove([name]);
}

function assertAsPlanned(netlink: NetlinkSocket, { name, mtu, ownerUid }: TapSpec, bridge: LinkFacts): void {
  const tap = findLink(netlink, name);
  const asPlanned =
    tap?.tun?.tap &&
    tap.tun.persist &&
    tap.tun.vnetHdr &&
    !tap.tun.multiQueue &&
    tap.tun.ownerUid === ownerUid &&
    isPlugged(tap, bridge, mtu);
  if (!asPlanned)
    throw new BrowserVmError("NETLINK_REFUSED", `${name} is not as it was made`, {
      doing: `read ${name} back`,
      found: tap,
    });
}
