import { macText, parseAttributes } from "./netlink-message.ts";
import type { NetlinkSocket } from "./netlink-socket.ts";

const RTM_GETNEIGH = 30; // linux/rtnetlink.h
const NDA_LLADDR = 2; // linux/neighbour.h, as all below
const NDA_VLAN = 5;
const NDA_MASTER = 9;
const NUD_NOARP = 0x40;
const NUD_PERMANENT = 0x80;
const NTF_STICKY = 0x40;
const NDMSG_BYTES = 12; // sizeof(struct ndmsg)
const AF_BRIDGE = 7; // linux/socket.h

/** One entry of a bridge's forwarding table (RTM_GETNEIGH, AF_BRIDGE). */
export interface FdbFacts {
  readonly mac: string;
  /** ifindex of the port, or of the bridge itself. */
  readonly ifindex: number;
  /** NUD_PERMANENT: an address of the bridge or a port itself, or set by hand. */
  readonly permanent: boolean;
  /** Set by hand on a port (NTF_STICKY or `static`). */
  readonly static: boolean;
  readonly vlan?: number;
}

/** What bridges know of MACs; the filters of links that are no ports are left out. */
export function listFdb(netlink: NetlinkSocket): FdbFacts[] {
  const payload = Buffer.alloc(NDMSG_BYTES);
  payload.writeUInt8(AF_BRIDGE, 0);
  return netlink
    .dump({ type: RTM_GETNEIGH, payload, doing: "list the forwarding tables" })
    .flatMap(({ payload: answer }) => decodeFdb(answer) ?? []);
}

/** undefined: not an entry of a bridge. */
export function decodeFdb(payload: Buffer): FdbFacts | undefined {
  const attributes = parseAttributes(payload.subarray(NDMSG_BYTES));
  const mac = attributes.get(NDA_LLADDR);
  if (!mac || !attributes.has(NDA_MASTER)) return undefined;
  const state = payload.readUInt16LE(8);
  const vlan = attributes.get(NDA_VLAN)?.readUInt16LE(0);
  return {
    mac: macText(mac),
    ifindex: payload.readInt32LE(4),
    permanent: (state & NUD_PERMANENT) !== 0,
    static: (state & NUD_NOARP) !== 0 || (payload.readUInt8(10) & NTF_STICKY) !== 0,
    ...(vlan === undefined ? {} : { vlan }),
  };
}
