import { attribute, ipv4Bytes, u32 } from "./netlink-message.ts";
import type { NetlinkSocket } from "./netlink-socket.ts";
import type { RouteFacts } from "./routes.ts";

const RTM_NEWROUTE = 24; // linux/rtnetlink.h, as all below
const RTM_DELROUTE = 25;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_PREFSRC = 7;
const RTMSG_BYTES = 12; // sizeof(struct rtmsg)
const RT_TABLE_MAIN = 254;
const RTPROT_KERNEL = 2;
const RT_SCOPE_LINK = 253;
const RT_SCOPE_NOWHERE = 255;
const RTN_UNICAST = 1;
const NLM_F_CREATE = 0x400; // linux/netlink.h
const AF_INET = 2;

interface RouteHeader {
  readonly prefix: number;
  readonly protocol: number;
  readonly scope: number;
  readonly type: number;
}

/** struct rtmsg for a route of table main. */
function rtmsg({ prefix, protocol, scope, type }: RouteHeader): Buffer {
  const out = Buffer.alloc(RTMSG_BYTES);
  out.writeUInt8(AF_INET, 0);
  out.writeUInt8(prefix, 1);
  out.writeUInt8(RT_TABLE_MAIN, 4);
  out.writeUInt8(protocol, 5);
  out.writeUInt8(scope, 6);
  out.writeUInt8(type, 7);
  return out;
}

/** Removes a route of table main, whatever its metric, scope and type. ESRCH when it is not there. */
export function removeRoute(netlink: NetlinkSocket, { ip, prefix, ifindex }: RouteFacts): void {
  // Zero (and the scope "nowhere") match anything: fib_table_delete, net/ipv4/fib_trie.c.
  const header = rtmsg({ prefix, protocol: 0, scope: RT_SCOPE_NOWHERE, type: 0 });
  const payload = Buffer.concat([
    header,
    attribute(RTA_DST, ipv4Bytes(ip)),
    ...(ifindex > 0 ? [u32(RTA_OIF, ifindex)] : []),
  ]);
  netlink.request({ type: RTM_DELROUTE, payload, doing: `remove route ${ip}/${prefix}` });
}

/** Gives back the route that an address of a link had brought with it. */
export function addLinkRoute(
  netlink: NetlinkSocket,
  {
    ip,
    prefix,
    ifindex,
    source,
  }: Pick<RouteFacts, "ip" | "prefix" | "ifindex"> & { readonly source: string },
): void {
  const header = rtmsg({ prefix, protocol: RTPROT_KERNEL, scope: RT_SCOPE_LINK, type: RTN_UNICAST });
  const payload = Buffer.concat([
    header,
    attribute(RTA_DST, ipv4Bytes(ip)),
    u32(RTA_OIF, ifindex),
    attribute(RTA_PREFSRC, ipv4Bytes(source)),
  ]);
  netlink.request({ type: RTM_NEWROUTE, flags: NLM_F_CREATE, payload, doing: `add route ${ip}/${prefix}` });
}
