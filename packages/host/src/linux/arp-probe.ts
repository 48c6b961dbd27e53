import { check, closeFd, SOCK_CLOEXEC, SOCK_NONBLOCK, sys } from "./libc.ts";
import { ipv4Bytes, macBytes, macText } from "./netlink-message.ts";
import { lookUntil, receive } from "./receive-until.ts";

const AF_PACKET = 17; // linux/socket.h
const SOCK_RAW = 3;
const ETH_P_ARP = 0x0806; // linux/if_ether.h
const ETHERNET_BYTES = 14;
const FRAME_BYTES = 2048;
const ARP_BYTES = 28; // RFC 826, Ethernet and IPv4
const BROADCAST = Buffer.alloc(6, 0xff);

/** A link, and who asks there. */
export interface ArpAsker {
  readonly ifindex: number;
  readonly sourceMac: string;
  readonly sourceIp: string;
}

export interface ArpQuestion {
  readonly ip: string;
  readonly waitMs: number;
  /** How long to listen on for a second claimant once one has answered; without it `waitMs` are always waited out. */
  readonly afterFirstMs?: number;
}

export type ArpProbe = ArpAsker & ArpQuestion;

/** Asks on one link who has `ip`; answers the MACs of all that claimed it within `waitMs`, each once. */
export async function probeArp(probe: ArpProbe): Promise<string[]> {
  using socket = new ArpSocket(probe);
  return await socket.ask(probe);
}

/**
 * Hears and asks on one link, for many questions at one time: the kernel takes 10-20 ms to close a packet socket
 * (synchronize_net in packet_release, net/packet/af_packet.c), so one for each question would be slow.
 */
export class ArpSocket implements Disposable {
  readonly #asker: ArpAsker;
  readonly #fd: number;
  readonly #link: Buffer;
  readonly #buffer = Buffer.alloc(FRAME_BYTES);
  readonly #open = new Set<{ readonly ip: string; readonly heard: Set<string> }>();

  constructor(asker: ArpAsker) {
    this.#asker = asker;
    this.#link = linkAddress(asker.ifindex);
    // Without a protocol until it is bound: to change that of a socket that hears already takes as long as closing it.
    const kind = SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC;
    this.#fd = check(sys.socket(AF_PACKET, kind, 0), "socket", "AF_PACKET");
    try {
      check(sys.bind(this.#fd, this.#link, this.#link.length), "bind", `link ${asker.ifindex}`);
    } catch (error) {
      closeFd(this.#fd);
      throw error;
    }
  }

  /** The MACs of all that claimed `ip` meanwhile, each once. A second claimant is the very thing to hear. */
  async ask({ ip, waitMs, afterFirstMs }: ArpQuestion): Promise<string[]> {
    const question = { ip, heard: new Set<string>() };
    this.#open.add(question);
    try {
      const request = encodeRequest({ ...this.#asker, ip });
      const sent = sys.sendto(this.#fd, request, request.length, 0, this.#link, this.#link.length);
      check(sent, "sendto", `ARP for ${ip}`);
      const { heard } = question;
      const answered = await this.#listen(waitMs, () => afterFirstMs !== undefined && heard.size > 0);
      if (answered && afterFirstMs !== undefined) await this.#listen(afterFirstMs, () => false);
      return [...heard];
    } finally {
      this.#open.delete(question);
    }
  }

  [Symbol.dispose](): void {
    closeFd(this.#fd);
  }

  #listen(waitMs: number, isEnough: () => boolean): Promise<boolean> {
    return lookUntil(waitMs, () => {
      for (
        let length = receive(this.#fd, this.#buffer);
        length >= 0;
        length = receive(this.#fd, this.#buffer)
      )
        this.#hear(this.#buffer.subarray(0, length));
      return isEnough();
    });
  }

  #hear(frame: Buffer): void {
    for (const { ip, heard } of this.#open) {
      const mac = claimant(frame, ip);
      if (mac !== undefined) heard.add(mac);
    }
  }
}

/** struct sockaddr_ll, linux/if_packet.h: family, protocol (big endian), ifindex, then zeros. */
function linkAddress(ifindex: number): Buffer {
  const out = Buffer.alloc(20);
  out.writeUInt16LE(AF_PACKET, 0);
  out.writeUInt16BE(ETH_P_ARP, 2);
  out.writeInt32LE(ifindex, 4);
  return out;
}

/** A whole ARP request frame (RFC 826). */
export function encodeRequest({
  sourceMac,
  sourceIp,
  ip,
}: Omit<ArpAsker, "ifindex"> & Pick<ArpQuestion, "ip">): Buffer {
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
