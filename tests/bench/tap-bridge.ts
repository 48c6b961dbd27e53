import { LinkReaper } from "../../packages/host/src/linux/link-reaper.ts";
import { changeLink, createBridge, findLink } from "../../packages/host/src/linux/links.ts";
import { NetlinkSocket } from "../../packages/host/src/linux/netlink-socket.ts";
import { slotUid, tapName } from "../../packages/host/src/net/names.ts";
import type { TapSpec, TapTools } from "../../packages/host/src/net/tap-device.ts";

const NAME = "bench0";
export const MTU = 1500;

/** A bridge as ours, without addresses and rules, and the tools to make TAPs on it. Disposing removes it. */
export class TapBridge implements AsyncDisposable, TapTools {
  readonly netlink = new NetlinkSocket();
  readonly reaper = new LinkReaper(this.netlink);
  readonly name = NAME;
  readonly index: number;

  constructor() {
    createBridge(this.netlink, { name: NAME, mac: "06:00:00:00:00:01", mtu: MTU });
    changeLink(this.netlink, NAME, { up: true });
    this.index = findLink(this.netlink, NAME)?.index ?? 0;
  }

  tap(slot: number): TapSpec {
    return { name: tapName(slot), ownerUid: slotUid(slot), bridge: NAME, mtu: MTU };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reaper.remove([NAME]);
    await this.reaper[Symbol.asyncDispose]();
    this.netlink[Symbol.dispose]();
  }
}
