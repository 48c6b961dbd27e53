import type { LinkFacts } from "../net/facts.ts";
import {
  type Attributes,
  childrenOf,
  macText,
  parseAttributes,
  readText,
  readU8,
  readU32,
} from "./netlink-message.ts";

// linux/if_link.h
export const IFLA = {
  ADDRESS: 1,
  IFNAME: 3,
  MTU: 4,
  LINK: 5,
  MASTER: 10,
  TXQLEN: 13,
  OPERSTATE: 16,
  LINKINFO: 18,
  NET_NS_PID: 19,
  IFALIAS: 20,
  STATS64: 23,
  GROUP: 27,
  CARRIER: 33,
  CARRIER_CHANGES: 35,
  LINK_NETNSID: 37,
  TARGET_NETNSID: 46,
} as const;
export const IFLA_INFO = { KIND: 1, DATA: 2, SLAVE_KIND: 4, SLAVE_DATA: 5 } as const;
export const IFLA_BR = { STP_STATE: 5, VLAN_FILTERING: 7 } as const;
export const IFLA_BRPORT = { STATE: 1, LEARNING: 8, UNICAST_FLOOD: 9, ISOLATED: 33, LOCKED: 39 } as const;
const IFLA_TUN = { OWNER: 1, GROUP: 2, TYPE: 3, VNET_HDR: 5, PERSIST: 6, MULTI_QUEUE: 7 } as const;
const IFF_TAP = 2; // linux/if_tun.h

export const IFF_UP = 0x1; // linux/if.h
export const IFF_NOARP = 0x80;

export const IFINFO_BYTES = 16; // sizeof(struct ifinfomsg), linux/rtnetlink.h

/** struct ifinfomsg. `change` says which of the flags are meant. */
export function ifinfo(index: number, flags = 0, change = 0): Buffer {
  const out = Buffer.alloc(IFINFO_BYTES);
  out.writeInt32LE(index, 4);
  out.writeUInt32LE(flags, 8);
  out.writeUInt32LE(change, 12);
  return out;
}

/** What one RTM_NEWLINK message says. */
export function decodeLink(payload: Buffer): LinkFacts {
  const flags = payload.readUInt32LE(8);
  const attributes = parseAttributes(payload.subarray(IFINFO_BYTES));
  const info = childrenOf(attributes, IFLA.LINKINFO);
  const kind = readText(info, IFLA_INFO.KIND) ?? "";
  const mac = attributes.get(IFLA.ADDRESS);
  return {
    name: readText(attributes, IFLA.IFNAME) ?? "",
    index: payload.readInt32LE(4),
    kind,
    mac: mac ? macText(mac) : "",
    mtu: readU32(attributes, IFLA.MTU) ?? 0,
    up: (flags & IFF_UP) !== 0,
    carrier: readU8(attributes, IFLA.CARRIER) === 1,
    carrierChanges: readU32(attributes, IFLA.CARRIER_CHANGES) ?? 0,
    operstate: readU8(attributes, IFLA.OPERSTATE) ?? 0,
    noArp: (flags & IFF_NOARP) !== 0,
    group: readU32(attributes, IFLA.GROUP) ?? 0,
    master: readU32(attributes, IFLA.MASTER) ?? 0,
    txQueueLength: readU32(attributes, IFLA.TXQLEN) ?? 0,
    ...decodeStatistics(attributes),
    ...decodeKind(kind, info),
    ...(kind === "veth" ? { peer: decodePeer(attributes) } : {}),
  };
}

/** struct rtnl_link_stats64: u64 fields in the order rx_packets, tx_packets, rx_bytes, … */
function decodeStatistics(attributes: Attributes) {
  const stats = attributes.get(IFLA.STATS64);
  const field = (index: number) =>
    stats && stats.length >= (index + 1) * 8 ? Number(stats.readBigUInt64LE(index * 8)) : 0;
  return { rxPackets: field(0), txPackets: field(1), rxDropped: field(6), txDropped: field(7) };
}

function decodeKind(kind: string, info: Attributes): Pick<LinkFacts, "tun" | "port" | "bridge"> {
  const data = childrenOf(info, IFLA_INFO.DATA);
  return {
    ...(kind === "tun" ? { tun: decodeTun(data) } : {}),
    ...(kind === "bridge" ? { bridge: decodeBridge(data) } : {}),
    ...(readText(info, IFLA_INFO.SLAVE_KIND) === "bridge"
      ? { port: decodePort(childrenOf(info, IFLA_INFO.SLAVE_DATA)) }
      : {}),
  };
}

function decodePeer(attributes: Attributes): NonNullable<LinkFacts["peer"]> {
  const netnsId = readU32(attributes, IFLA.LINK_NETNSID);
  return { index: readU32(attributes, IFLA.LINK) ?? 0, ...(netnsId === undefined ? {} : { netnsId }) };
}

function decodeTun(data: Attributes): NonNullable<LinkFacts["tun"]> {
  const ownerUid = readU32(data, IFLA_TUN.OWNER);
  const groupGid = readU32(data, IFLA_TUN.GROUP);
  return {
    tap: readU8(data, IFLA_TUN.TYPE) === IFF_TAP,
    persist: readU8(data, IFLA_TUN.PERSIST) === 1,
    vnetHdr: readU8(data, IFLA_TUN.VNET_HDR) === 1,
    multiQueue: readU8(data, IFLA_TUN.MULTI_QUEUE) === 1,
    ...(ownerUid === undefined ? {} : { ownerUid }),
    ...(groupGid === undefined ? {} : { groupGid }),
  };
}

const decodeBridge = (data: Attributes): NonNullable<LinkFacts["bridge"]> => ({
  stp: readU32(data, IFLA_BR.STP_STATE) !== 0,
  vlanFiltering: readU8(data, IFLA_BR.VLAN_FILTERING) === 1,
});

const decodePort = (data: Attributes): NonNullable<LinkFacts["port"]> => ({
  state: readU8(data, IFLA_BRPORT.STATE) ?? 0,
  isolated: readU8(data, IFLA_BRPORT.ISOLATED) === 1,
  learning: readU8(data, IFLA_BRPORT.LEARNING) === 1,
  flood: readU8(data, IFLA_BRPORT.UNICAST_FLOOD) === 1,
  locked: readU8(data, IFLA_BRPORT.LOCKED) === 1,
});
