import { attribute, ipv4Bytes, ipv4Text, parseAttributes } from "./netlink-message.ts";
import type { NetlinkSocket } from "./netlink-socket.ts";

const RTM_NEWADDR = 20; // linux/rtnetlink.h
const RTM_DELADDR = 21;
const RTM_GETADDR = 22;
const NLM_F_EXCL = 0x200; // linux/netlink.h
const NLM_F_CREATE = 0x400;
const IFA_LOCAL = 2; // linux/if_addr.h
const IFA_ADDRESS = 1;
const IFA_BROADCAST = 4;
const IFADDRMSG_BYTES = 8; // sizeof(struct ifaddrmsg)
const AF_INET = 2;

/** One IPv4 address of a link. */
export interface AddressFacts {
  readonly ifindex: number;
  readonly ip: string;
  readonly prefix: number;
}

function ifaddrmsg(prefix: number, ifindex: number): Buffer {
  const out = Buffer.alloc(IFADDRMSG_BYTES);
  out.writeUInt8(AF_INET, 0);
  out.writeUInt8(prefix, 1);
  out.writeUInt32LE(ifindex, 4);
  return out;
}

/** All IPv4 addresses of the current namespace. */
export function listAddresses(netlink: NetlinkSocket): AddressFacts[] {
  const answers = netlink.dump({ type: RTM_GETADDR, payload: ifaddrmsg(0, 0), doing: "list addresses" });
  return answers.flatMap(({ payload }) => {
    const attributes = parseAttributes(payload.subarray(IFADDRMSG_BYTES));
    const local = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
    if (!local) return [];
    return [{ ifindex: payload.readUInt32LE(4), ip: ipv4Text(local), prefix: payload.readUInt8(1) }];
  });
}

/** Gives a link an address; its broadcast address is the last of the range. EEXIST when it has it. */
export function addAddress(netlink: NetlinkSocket, { ifindex, ip, prefix }: AddressFacts): void {
  const host = prefix === 32 ? 0 : 0xffff_ffff >>> prefix;
  const broadcast = Buffer.alloc(4);
  broadcast.writeUInt32BE((ipv4Bytes(ip).readUInt32BE(0) | host) >>> 0);
  const payload = Buffer.concat([
    ifaddrmsg(prefix, ifindex),
    attribute(IFA_LOCAL, ipv4Bytes(ip)),
    attribute(IFA_ADDRESS, ipv4Bytes(ip)),
    ...(prefix < 31 ? [attribute(IFA_BROADCAST, broadcast)] : []),
  ]);
  netlink.request({
    type: RTM_NEWADDR,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    payload,
    doing: `add address ${ip}/${prefix}`,
  });
}

/** Takes an address from a link; its routes go with it. EADDRNOTAVAIL when it does not have it. */
export function removeAddress(netlink: NetlinkSocket, { ifindex, ip, prefix }: AddressFacts): void {
  const payload = Buffer.concat([
    ifaddrmsg(prefix, ifindex),
    attribute(IFA_LOCAL, ipv4Bytes(ip)),
    attribute(IFA_ADDRESS, ipv4Bytes(ip)),
  ]);
  netlink.request({ type: RTM_DELADDR, payload, doing: `remove address ${ip}/${prefix}` });
}
