import { checksum } from "../../packages/host/src/linux/icmp-echo.ts";
import { ipv4Bytes, macBytes } from "../../packages/host/src/linux/netlink-message.ts";
import { VNET_HEADER_BYTES } from "../../packages/host/src/linux/tun.ts";

const ETHERNET_BYTES = 14;
const IPV4_BYTES = 20;
const TCP_BYTES = 20;
const ETH_P_ARP = 0x0806; // linux/if_ether.h
const ETH_P_IP = 0x0800;
const ICMP = 1; // linux/in.h
const TCP = 6;
const [FIN, SYN, RST, PSH, ACK] = [1, 2, 4, 8, 16]; // RFC 9293
const FIRST_SEQUENCE = 1000;

/** One machine that is nothing but answers: to ARP, to pings, and to HTTP on every port. */
export interface Answerer {
  readonly ip: Buffer;
  readonly mac: Buffer;
  readonly http: Buffer;
}

export const answerer = (ip: string, mac: string, body: string): Answerer => ({
  ip: ipv4Bytes(ip),
  mac: macBytes(mac),
  http: Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`),
});

/** The frame (with its virtio header) that answers this one; undefined when there is nothing to say. */
export function answerFrame(frame: Buffer, machine: Answerer): Buffer | undefined {
  const packet = frame.subarray(VNET_HEADER_BYTES);
  if (packet.length < ETHERNET_BYTES) return undefined;
  const type = packet.readUInt16BE(12);
  const body = packet.subarray(ETHERNET_BYTES);
  const answer =
    type === ETH_P_ARP ? answerArp(body, machine) : type === ETH_P_IP ? answerIp(body, machine) : undefined;
  if (!answer) return undefined;
  return Buffer.concat([
    Buffer.alloc(VNET_HEADER_BYTES),
    packet.subarray(6, 12),
    machine.mac,
    packet.subarray(12, 14),
    answer,
  ]);
}

function answerArp(request: Buffer, { ip, mac }: Answerer): Buffer | undefined {
  if (request.readUInt16BE(6) !== 1 || !request.subarray(24, 28).equals(ip)) return undefined;
  const reply = Buffer.concat([request.subarray(0, 8), mac, ip, request.subarray(8, 18)]);
  reply.writeUInt16BE(2, 6);
  return reply;
}

function answerIp(packet: Buffer, { ip, http }: Answerer): Buffer | undefined {
  const headerBytes = (packet.readUInt8(0) & 0xf) * 4;
  const payload = packet.subarray(headerBytes, packet.readUInt16BE(2));
  const protocol = packet.readUInt8(9);
  if (!packet.subarray(16, 20).equals(ip)) return undefined;
  const answer =
    protocol === ICMP ? answerEcho(payload) : protocol === TCP ? answerTcp(payload, http) : undefined;
  if (!answer) return undefined;
  const from = [...ip, ...packet.subarray(12, 16)];
  if (protocol === TCP)
    answer.writeUInt16BE(checksum(Buffer.concat([pseudoHeader(from, answer), answer])), 16);
  const header = Buffer.alloc(IPV4_BYTES);
  header.set([0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, protocol]);
  header.writeUInt16BE(IPV4_BYTES + answer.length, 2);
  header.set(from, 12);
  header.writeUInt16BE(checksum(header), 10);
  return Buffer.concat([header, answer]);
}

/** What TCP's checksum covers beside the segment (RFC 9293, 3.1). */
const pseudoHeader = (addresses: readonly number[], { length }: Buffer): Buffer =>
  Buffer.from([...addresses, 0, TCP, length >> 8, length & 0xff]);

function answerEcho(request: Buffer): Buffer | undefined {
  if (request.readUInt8(0) !== 8) return undefined;
  const reply = Buffer.from(request);
  reply.writeUInt16BE(0, 0);
  reply.writeUInt16BE(0, 2);
  reply.writeUInt16BE(checksum(reply), 2);
  return reply;
}

/** Without memory: what is to be said follows from the segment alone. */
function answerTcp(segment: Buffer, http: Buffer): Buffer | undefined {
  const flags = segment.readUInt8(13);
  const data = segment.length - (segment.readUInt8(12) >> 4) * 4;
  if (flags & RST) return undefined;
  if (flags & SYN) return tcp(segment, { flags: SYN | ACK, sequence: FIRST_SEQUENCE, heard: 1 });
  const sequence = segment.readUInt32BE(8);
  if (data > 0) return tcp(segment, { flags: PSH | ACK | FIN, sequence, heard: data, data: http });
  return flags & FIN ? tcp(segment, { flags: ACK, sequence, heard: 1 }) : undefined;
}

interface Segment {
  readonly flags: number;
  readonly sequence: number;
  /** Sequence numbers that the other side has used up. */
  readonly heard: number;
  readonly data?: Buffer;
}

function tcp(heard: Buffer, { flags, sequence, heard: used, data = Buffer.alloc(0) }: Segment): Buffer {
  const header = Buffer.alloc(TCP_BYTES);
  header.set([...heard.subarray(2, 4), ...heard.subarray(0, 2)]);
  header.writeUInt32BE(sequence, 4);
  header.writeUInt32BE((heard.readUInt32BE(4) + used) >>> 0, 8);
  header.set([(TCP_BYTES / 4) << 4, flags, 0xff, 0xff], 12);
  return Buffer.concat([header, data]);
}
