import type { LinkFacts } from "../net/facts.ts";
import { decodeLink, IFLA, ifinfo } from "./link-codec.ts";
import { parseAttributes, readU32, u32 } from "./netlink-message.ts";
import { isRefusedWith, type NetlinkSocket } from "./netlink-socket.ts";

const RTM_GETLINK = 18; // linux/rtnetlink.h
const RTM_GETNSID = 90;
const RTGENMSG_BYTES = 4; // sizeof(struct rtgenmsg), padded
const NETNSA_NSID = 1; // linux/net_namespace.h
const NETNSA_PID = 2;
const NOT_ASSIGNED = 0xffffffff; // NETNSA_NSID_NOT_ASSIGNED, -1

/** The other end of a veth, also where it is in another namespace; undefined when it is gone or may not be seen. */
export function peerOf(netlink: NetlinkSocket, { name, peer }: LinkFacts): LinkFacts | undefined {
  if (!peer) return undefined;
  const target = peer.netnsId === undefined ? [] : [u32(IFLA.TARGET_NETNSID, peer.netnsId)];
  try {
    const payload = Buffer.concat([ifinfo(peer.index), ...target]);
    const [answer] = netlink.request({ type: RTM_GETLINK, payload, doing: `read the peer of ${name}` });
    return answer && decodeLink(answer.payload);
  } catch (error) {
    if (isRefusedWith(error, "ENODEV") || isRefusedWith(error, "EINVAL")) return undefined;
    throw error;
  }
}

/** Our namespace's number for the network namespace of a process; undefined when it has none, or the process is gone. */
export function netnsIdOf(netlink: NetlinkSocket, pid: number): number | undefined {
  try {
    const payload = Buffer.concat([Buffer.alloc(RTGENMSG_BYTES), u32(NETNSA_PID, pid)]);
    const [answer] = netlink.request({ type: RTM_GETNSID, payload, doing: `read the namespace of ${pid}` });
    const id = answer && readU32(parseAttributes(answer.payload.subarray(RTGENMSG_BYTES)), NETNSA_NSID);
    return id === NOT_ASSIGNED ? undefined : id;
  } catch (error) {
    if (isRefusedWith(error, "ESRCH") || isRefusedWith(error, "ENODEV")) return undefined;
    throw error;
  }
}
