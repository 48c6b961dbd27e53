import type { VmAddress } from "@browservm/contract";
import { LinkReaper } from "../../packages/host/src/linux/link-reaper.ts";
import { changeLink } from "../../packages/host/src/linux/links.ts";
import { NetlinkSocket } from "../../packages/host/src/linux/netlink-socket.ts";
import { createTap } from "../../packages/host/src/linux/tun.ts";
import { planAddresses } from "../../packages/host/src/net/address-plan.ts";
import { slotUid } from "../../packages/host/src/net/names.ts";

/** The address of VMs that are started by nothing but exec. */
export const BARE_ADDRESS: VmAddress = planAddresses("10.79.0.0/24").addressOf(77);

/** A TAP that is up, on no bridge. */
export function makeBareTap(): AsyncDisposable {
  const netlink = new NetlinkSocket();
  const reaper = new LinkReaper(netlink);
  const uid = slotUid(BARE_ADDRESS.slot);
  createTap(BARE_ADDRESS.tap, { uid, gid: uid });
  changeLink(netlink, BARE_ADDRESS.tap, { up: true });
  return {
    async [Symbol.asyncDispose]() {
      await reaper.remove([BARE_ADDRESS.tap]);
      await reaper[Symbol.asyncDispose]();
      netlink[Symbol.dispose]();
    },
  };
}
