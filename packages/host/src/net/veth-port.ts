import { BrowserVmError, type VmAddress } from "@browservm/contract";
import { createVeth, findLink } from "../linux/links.ts";
import { isRefusedWith } from "../linux/netlink-socket.ts";
import { UndoStack } from "../process/undo-stack.ts";
import { peerName, TAP_GROUP } from "./names.ts";
import { isPlugged } from "./plan.ts";
import { clearLeftover, plugPort, type TapTools } from "./tap-device.ts";

export interface VethSpec {
  readonly address: Pick<VmAddress, "tap" | "mac">;
  readonly bridge: string;
  readonly mtu: number;
}

/**
 * A veth pair for a guest that has a network namespace of its own: one end on the bridge, isolated, up, read back. The
 * other waits here, down, with the guest's MAC, until the VMM takes it into the guest. Disposing removes both.
 */
export class VethPort implements AsyncDisposable {
  readonly name: string;
  readonly #tools: TapTools;

  private constructor(name: string, tools: TapTools) {
    this.name = name;
    this.#tools = tools;
  }

  /** TAP_NAME_TAKEN, TAP_BUSY, TOO_MANY_PORTS, LINK_NOT_FOUND (no bridge), NETLINK_REFUSED. */
  static async create(tools: TapTools, { address, bridge, mtu }: VethSpec): Promise<VethPort> {
    const { tap: name, mac } = address;
    await using undo = new UndoStack();
    await createFresh(tools, { address: { tap: name, mac }, bridge, mtu });
    const port = new VethPort(name, tools);
    undo.defer(() => port[Symbol.asyncDispose]());
    const master = plugPort(tools.netlink, { name, bridge, mtu });
    const link = findLink(tools.netlink, name);
    if (link?.kind !== "veth" || !isPlugged(link, master, mtu))
      throw new BrowserVmError("NETLINK_REFUSED", `${name} is not as it was made`, {
        doing: `read ${name} back`,
        found: link,
      });
    undo.keep();
    return port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tools.reaper.remove([this.name]);
  }
}

/** The name is nearly always free, so it is only looked at when the kernel says that it is not. */
async function createFresh(tools: TapTools, { address: { tap: name, mac }, mtu }: VethSpec): Promise<void> {
  const make = () =>
    createVeth(tools.netlink, {
      ...{ name, peer: peerName(name), peerPid: process.pid, mtu },
      ...{ peerMac: mac, group: TAP_GROUP },
    });
  try {
    make();
  } catch (error) {
    if (!isRefusedWith(error, "EEXIST")) throw error;
    await clearLeftover(tools, name);
    make();
  }
}
