import { check, closeFd, SOCK_CLOEXEC, SOCK_NONBLOCK, sys } from "./libc.ts";
import { ipv4Bytes, macBytes, macText } from "./netlink-message.ts";
import { receiveUntil } from "./receive-until.ts";

const AF_PACKET = 17; // linux/socket.h
const SOCK_RAW = 3;
const ETH_P_ARP = 0x0806; // linux/if_ether.h
const ETHERNET_BYTES = 14;
const ARP_BYTES = 28; // RFC 826, Ethernet and IPv4
const BROADCAST = Buffer.alloc(6, 0xff);

export interface ArpProbe {
  readonly ifindex: number;
  readonly sourceMac: string;
  readonly sourceIp: string;
  readonly ip: string;
  readonly waitMs: number;
  /** How long to listen on for a second claimant once one has answered; without it `waitMs` are always waited out. */
  readonly afterFirstMs?: number;
}

/** Asks on one link who has `ip`; answers the MACs of all that claimed it within `waitMs`, each once. */
export async function probeArp(probe: ArpProbe): Promise<string[]> {
  const fd = check(
    sys.socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, swap16(ETH_P_ARP)),
    "socket",
    "AF_PACKET",
  );
  try {
    const link = linkAddress(probe.ifindex);
    check(sys.bind(fd, link, link.length), "bind", `link ${probe.ifindex}`);
    const request = encodeRequest(probe);
    check(sys.sendto(fd, request, request.length, 0, link, link.length), "sendto", `ARP for ${probe.ip}`);
    const heard = new Set<string>();
    const listen = (waitMs: number, isEnough: () => boolean) =>
      receiveUntil(fd, waitMs, (frame) => {
        const mac = claimant(frame, probe.ip);
        if (mac !== undefined) heard.add(mac);
        return isEnough();
      });
    const { waitMs, afterFirstMs } = probe;
    // A second claimant is the very thing to hear.
    await listen(waitMs, () => afterFirstMs !== undefined && heard.size > 0);
    if (afterFirstMs !== undefined && heard.size > 0) await listen(afterFirstMs, () => false);
    return [...heard];
  } finally {
    closeFd(fd);
  }
}

const swap16 = (value: number): number => ((value & 0xff) << 8) | (value >> 8);

/** struct sockaddr_ll, linux/if_packet.h: family, protocol (big endian), ifindex, then zeros. */
function linkAddress(ifindex: number): Buffer {
  const out = Buffer.alloc(20);
  out.writeUInt16LE(AF_PACKET, 0);
  out.writeUInt16BE(ETH_P_ARP, 2);
  out.writeInt32LE(ifindex, 4);
  return out;
}

/** A whole ARP request frame (RFC 826). */
export function encodeRequest({ sourceMac, sourceIp, ip }: ArpProbe): Buffer {
  const mac = macBytes(sourceMac);
  const head = Buffer.from([0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1]); // ethertype, htype, ptype, lengths, request
  return Buffer.concat([BROADCAST, mac, head, mac, ipv4Bytes(sourceIp), Buffer.alloc(6), ipv4Bytes(ip)]);
}

/** The MAC of a frame's ARP sender, if it claims `ip` by a reply or by a request of its own. */
export function claimant(frame: Buffer, ip: string): string | undefined {
  if (frame.length < ETHERNET_BYTES + ARP_BYTES || frame.readUInt16BE(12) !== ETH_P_ARP) return undefined;
  const arp = frame.subarray(ETHERNET_BYTES);
  if (!arp.subarray(14, 18).equals(ipv4Bytes(ip))) return undefined;
  return macText(arp.subarray(8, 14));
}
