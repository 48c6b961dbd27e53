import type { NeighbourFacts } from "../net/facts.ts";
import { attribute, ipv4Bytes, ipv4Text, macText, parseAttributes } from "./netlink-message.ts";
import { isRefusedWith, type NetlinkSocket } from "./netlink-socket.ts";

const RTM_DELNEIGH = 29; // linux/rtnetlink.h
const RTM_GETNEIGH = 30;
const NDA_DST = 1; // linux/neighbour.h
const NDA_LLADDR = 2;
const NDMSG_BYTES = 12; // sizeof(struct ndmsg)
const AF_INET = 2;

const NUD_WORDS: ReadonlyMap<number, string> = new Map([
  [0x00, "none"],
  [0x01, "incomplete"],
  [0x02, "reachable"],
  [0x04, "stale"],
  [0x08, "delay"],
  [0x10, "probe"],
  [0x20, "failed"],
  [0x40, "noarp"],
  [0x80, "permanent"],
]);

function ndmsg(ifindex: number): Buffer {
  const out = Buffer.alloc(NDMSG_BYTES);
  out.writeUInt8(AF_INET, 0);
  out.writeInt32LE(ifindex, 4);
  return out;
}

/** What one RTM_NEWNEIGH message of an IPv4 neighbour says. */
export function readNeighbour(payload: Buffer): NeighbourFacts {
  const attributes = parseAttributes(payload.subarray(NDMSG_BYTES));
  const destination = attributes.get(NDA_DST);
  const mac = attributes.get(NDA_LLADDR);
  const state = payload.readUInt16LE(8);
  return {
    ip: destination ? ipv4Text(destination) : "",
    ...(mac ? { mac: macText(mac) } : {}),
    ifindex: payload.readInt32LE(4),
    state: NUD_WORDS.get(state) ?? `0x${state.toString(16)}`,
  };
}

/** The whole IPv4 neighbour (ARP) table of the current namespace. */
export function listNeighbours(netlink: NetlinkSocket): NeighbourFacts[] {
  return netlink
    .dump({ type: RTM_GETNEIGH, payload: ndmsg(0), doing: "list neighbours" })
    .map(({ payload }) => readNeighbour(payload));
}

/** What the kernel knows of `ip` on that link; undefined when it knows nothing. */
export function findNeighbour(
  netlink: NetlinkSocket,
  ifindex: number,
  ip: string,
): NeighbourFacts | undefined {
  try {
    const payload = Buffer.concat([ndmsg(ifindex), attribute(NDA_DST, ipv4Bytes(ip))]);
    const [answer] = netlink.request({ type: RTM_GETNEIGH, payload, doing: `read neighbour ${ip}` });
    return answer && readNeighbour(answer.payload);
  } catch (error) {
    if (isRefusedWith(error, "ENOENT") || isRefusedWith(error, "ENODEV")) return undefined;
    throw error;
  }
}

/** Forgets what the kernel knows of `ip` on that link. False when it knew nothing. */
export function forgetNeighbour(netlink: NetlinkSocket, ifindex: number, ip: string): boolean {
  try {
    const payload = Buffer.concat([ndmsg(ifindex), attribute(NDA_DST, ipv4Bytes(ip))]);
    netlink.request({ type: RTM_DELNEIGH, payload, doing: `forget neighbour ${ip}` });
    return true;
  } catch (error) {
    if (isRefusedWith(error, "ENOENT") || isRefusedWith(error, "ENODEV")) return false;
    throw error;
  }
}
