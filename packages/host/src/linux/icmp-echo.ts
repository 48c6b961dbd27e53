import { randomInt } from "node:crypto";
import { check, closeFd, isSyscallError, SOCK_CLOEXEC, SOCK_NONBLOCK, sys } from "./libc.ts";
import { ipv4Bytes } from "./netlink-message.ts";
import { receiveUntil } from "./receive-until.ts";

const AF_INET = 2;
const SOCK_RAW = 3;
const IPPROTO_ICMP = 1;
const SOL_IP = 0; // linux/in.h, as the options below
const IP_MTU_DISCOVER = 10;
const IP_RECVERR = 11;
const IP_PMTUDISC_DONT = 0;
const IP_PMTUDISC_DO = 2;
const ECHO_REPLY = 0; // RFC 792
const ECHO_REQUEST = 8;

export interface Echo {
  readonly ip: string;
  /** Bytes after the ICMP header, as `ping -s`: 1472 fill an MTU of 1500. */
  readonly payloadBytes: number;
  readonly dontFragment: boolean;
  readonly timeoutMs: number;
}

export interface EchoResult {
  readonly ok: boolean;
  readonly ms?: number;
  /** Why not: an errno such as EHOSTUNREACH or EMSGSIZE, or "no reply". */
  readonly error?: string;
}

/** Sends one ICMP echo request and waits for its reply. Needs CAP_NET_RAW. */
export async function sendEcho(echo: Echo): Promise<EchoResult> {
  const fd = check(
    sys.socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP),
    "socket",
    "ICMP",
  );
  const started = performance.now();
  try {
    setOption(fd, IP_MTU_DISCOVER, echo.dontFragment ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT);
    setOption(fd, IP_RECVERR, 1); // lets recv say EHOSTUNREACH as soon as ARP has failed
    const request = encodeEcho(randomInt(0x10000), echo.payloadBytes);
    const to = socketAddress(echo.ip);
    check(sys.connect(fd, to, to.length), "connect", echo.ip);
    check(sys.sendto(fd, request, request.length, 0, null, 0), "sendto", echo.ip);
    const answered = await receiveUntil(fd, echo.timeoutMs, (packet) => isReply(packet, request));
    return answered ? { ok: true, ms: performance.now() - started } : { ok: false, error: "no reply" };
  } catch (error) {
    if (isSyscallError(error)) return { ok: false, error: error.code };
    throw error;
  } finally {
    closeFd(fd);
  }
}

function setOption(fd: number, option: number, value: number): void {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  check(sys.setsockopt(fd, SOL_IP, option, bytes, bytes.length), "setsockopt");
}

/** struct sockaddr_in, linux/in.h. */
function socketAddress(ip: string): Buffer {
  const out = Buffer.alloc(16);
  out.writeUInt16LE(AF_INET, 0);
  ipv4Bytes(ip).copy(out, 4);
  return out;
}

export function encodeEcho(id: number, payloadBytes: number): Buffer {
  const out = Buffer.alloc(8 + payloadBytes, 0x5a);
  out.writeUInt8(ECHO_REQUEST, 0);
  out.writeUInt8(0, 1);
  out.writeUInt16BE(0, 2);
  out.writeUInt16BE(id, 4);
  out.writeUInt16BE(1, 6);
  out.writeUInt16BE(checksum(out), 2);
  return out;
}

/** The internet checksum (RFC 1071). */
export function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += at + 1 < bytes.length ? bytes.readUInt16BE(at) : bytes.readUInt8(at) << 8;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** Whether an IPv4 packet is the echo reply to `request`: same id, sequence and data. */
export function isReply(packet: Buffer, request: Buffer): boolean {
  if (packet.length < 20) return false;
  const icmp = packet.subarray((packet.readUInt8(0) & 0xf) * 4);
  return (
    icmp.length === request.length && icmp[0] === ECHO_REPLY && icmp.subarray(4).equals(request.subarray(4))
  );
}
