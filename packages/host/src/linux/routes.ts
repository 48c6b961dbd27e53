import { attribute, ipv4Bytes, ipv4Text, parseAttributes, readU32 } from "./netlink-message.ts";
import { isRefusedWith, type NetlinkSocket } from "./netlink-socket.ts";

const RTM_NEWROUTE = 24; // linux/rtnetlink.h, as all below
const RTM_GETROUTE = 26;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PREFSRC = 7;
const RTA_TABLE = 15;
const RTMSG_BYTES = 12; // sizeof(struct rtmsg)
const RT_TABLE_LOCAL = 255;
const RT_TABLE_MAIN = 254;
const RTPROT_STATIC = 4;
const RTN_UNICAST = 1;
const NLM_F_CREATE_EXCL = 0x600; // linux/netlink.h
const RTM_F_CLONED = 0x200;
const AF_INET = 2;

/** One IPv4 route. `ip` is 0.0.0.0 with prefix 0 for a default route; `ifindex` is 0 for blackholes and the like. */
export interface RouteFacts {
  readonly ip: string;
  readonly prefix: number;
  readonly ifindex: number;
  readonly table: number;
  readonly gateway?: string;
  readonly source?: string;
}

function rtmsg(destinationBits: number): Buffer {
  const out = Buffer.alloc(RTMSG_BYTES);
  out.writeUInt8(AF_INET, 0);
  out.writeUInt8(destinationBits, 1);
  return out;
}

function decode(payload: Buffer): RouteFacts {
  const attributes = parseAttributes(payload.subarray(RTMSG_BYTES));
  const destination = attributes.get(RTA_DST);
  const gateway = attributes.get(RTA_GATEWAY);
  const source = attributes.get(RTA_PREFSRC);
  return {
    ip: destination ? ipv4Text(destination) : "0.0.0.0",
    prefix: payload.readUInt8(1),
    ifindex: readU32(attributes, RTA_OIF) ?? 0,
    table: readU32(attributes, RTA_TABLE) ?? payload.readUInt8(4),
    ...(gateway ? { gateway: ipv4Text(gateway) } : {}),
    ...(source ? { source: ipv4Text(source) } : {}),
  };
}

/** All IPv4 routes of the current namespace, of every table but `local`. */
export function listRoutes(netlink: NetlinkSocket): RouteFacts[] {
  return netlink
    .dump({ type: RTM_GETROUTE, payload: rtmsg(0), doing: "list routes" })
    .filter(({ payload }) => (payload.readUInt32LE(8) & RTM_F_CLONED) === 0)
    .map(({ payload }) => decode(payload))
    .filter(({ table }) => table !== RT_TABLE_LOCAL);
}

/** The route that the kernel would take to `ip`; undefined when it has none (or one that refuses). */
export function routeTo(netlink: NetlinkSocket, ip: string): RouteFacts | undefined {
  try {
    const payload = Buffer.concat([rtmsg(32), attribute(RTA_DST, ipv4Bytes(ip))]);
    const [answer] = netlink.request({ type: RTM_GETROUTE, payload, doing: `find the route to ${ip}` });
    return answer ? decode(answer.payload) : undefined;
  } catch (error) {
    // What unreachable, blackhole and prohibit routes, and no route at all, answer (fib_props, fib_semantics.c).
    const refusals = ["ENETUNREACH", "EHOSTUNREACH", "EINVAL", "EACCES"];
    if (refusals.some((errno) => isRefusedWith(error, errno))) return undefined;
    throw error;
  }
}

/** Gives this namespace its default route. EEXIST when it has one. */
export function addDefaultRoute(netlink: NetlinkSocket, gateway: string): void {
  const header = rtmsg(0);
  header.writeUInt8(RT_TABLE_MAIN, 4);
  header.writeUInt8(RTPROT_STATIC, 5);
  header.writeUInt8(RTN_UNICAST, 7);
  netlink.request({
    type: RTM_NEWROUTE,
    flags: NLM_F_CREATE_EXCL,
    payload: Buffer.concat([header, attribute(RTA_GATEWAY, ipv4Bytes(gateway))]),
    doing: `add the default route via ${gateway}`,
  });
}
