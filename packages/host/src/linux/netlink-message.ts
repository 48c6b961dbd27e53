/** One attribute of a netlink message (struct nlattr, linux/netlink.h): type and payload, without padding. */
export type Attributes = ReadonlyMap<number, Buffer>;

export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly payload: Buffer;
}

export const NLMSG_HEADER_BYTES = 16; // sizeof(struct nlmsghdr)
const NLA_HEADER_BYTES = 4;
// NLA_F_NESTED and NLA_F_NET_BYTEORDER: flags in the upper bits of the type.
const NLA_TYPE_MASK = 0x3fff;

const align = (length: number): number => (length + 3) & ~3;

/** An attribute with raw bytes. */
export function attribute(type: number, payload: Buffer): Buffer {
  const length = NLA_HEADER_BYTES + payload.length;
  const out = Buffer.alloc(align(length));
  out.writeUInt16LE(length, 0);
  out.writeUInt16LE(type, 2);
  payload.copy(out, NLA_HEADER_BYTES);
  return out;
}

export const u8 = (type: number, value: number): Buffer => attribute(type, Buffer.from([value]));

export function u32(type: number, value: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32LE(value >>> 0);
  return attribute(type, payload);
}

/** A NUL-terminated string. */
export const text = (type: number, value: string): Buffer =>
  attribute(type, Buffer.from(`${value}\0`, "utf8"));

export const nested = (type: number, ...children: readonly Buffer[]): Buffer =>
  attribute(type | 0x8000 /* NLA_F_NESTED */, Buffer.concat(children));

/** The attributes in `bytes`; what is cut short is left out. Of a repeated type, the last counts. */
export function parseAttributes(bytes: Buffer): Attributes {
  const found = new Map<number, Buffer>();
  let at = 0;
  while (at + NLA_HEADER_BYTES <= bytes.length) {
    const length = bytes.readUInt16LE(at);
    if (length < NLA_HEADER_BYTES || at + length > bytes.length) break;
    found.set(bytes.readUInt16LE(at + 2) & NLA_TYPE_MASK, bytes.subarray(at + NLA_HEADER_BYTES, at + length));
    at += align(length);
  }
  return found;
}

/** The children of a nested attribute; none when it is absent. */
export const childrenOf = (attributes: Attributes, type: number): Attributes =>
  parseAttributes(attributes.get(type) ?? Buffer.alloc(0));

export const readU8 = (attributes: Attributes, type: number): number | undefined =>
  attributes.get(type)?.readUInt8(0);

export const readU32 = (attributes: Attributes, type: number): number | undefined =>
  attributes.get(type)?.readUInt32LE(0);

export function readText(attributes: Attributes, type: number): string | undefined {
  const bytes = attributes.get(type);
  if (!bytes) return undefined;
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? bytes.length : end);
}

export function encodeMessage(message: NetlinkMessage): Buffer {
  const header = Buffer.alloc(NLMSG_HEADER_BYTES);
  header.writeUInt32LE(NLMSG_HEADER_BYTES + message.payload.length, 0);
  header.writeUInt16LE(message.type, 4);
  header.writeUInt16LE(message.flags, 6);
  header.writeUInt32LE(message.sequence, 8);
  return Buffer.concat([header, message.payload]);
}

/** All messages of one datagram. */
export function decodeMessages(datagram: Buffer): NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  let at = 0;
  while (at + NLMSG_HEADER_BYTES <= datagram.length) {
    const length = datagram.readUInt32LE(at);
    if (length < NLMSG_HEADER_BYTES || at + length > datagram.length) break;
    messages.push({
      type: datagram.readUInt16LE(at + 4),
      flags: datagram.readUInt16LE(at + 6),
      sequence: datagram.readUInt32LE(at + 8),
      payload: datagram.subarray(at + NLMSG_HEADER_BYTES, at + length),
    });
    at += align(length);
  }
  return messages;
}

export function ipv4Bytes(ip: string): Buffer {
  return Buffer.from(ip.split(".").map(Number));
}

export const ipv4Text = (bytes: Buffer): string => [...bytes.subarray(0, 4)].join(".");

export function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(":", ""), "hex");
}

export const macText = (bytes: Buffer): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
