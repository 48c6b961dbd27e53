import { check, closeFd, O_CLOEXEC, O_RDWR, SOCK_CLOEXEC, sys } from "../../packages/host/src/linux/libc.ts";
import { IFF_UP, IFLA, IFLA_BRPORT, IFLA_INFO, ifinfo } from "../../packages/host/src/linux/link-codec.ts";
import { encodeMessage, nested, text, u8, u32 } from "../../packages/host/src/linux/netlink-message.ts";

// linux/if_tun.h, linux/if.h, linux/rtnetlink.h, linux/netlink.h, linux/socket.h
const [TUNSETIFF, TUNSETPERSIST, TUNSETOWNER] = [0x400454ca, 0x400454cb, 0x400454cc];
const [TUNSETGROUP, TUNSETVNETHDRSZ] = [0x400454ce, 0x400454d8];
const IFF_TAP_NO_PI_VNET_HDR_EXCL = 0x0002 | 0x1000 | 0x4000 | 0x8000;
const [RTM_NEWLINK, NLM_F_REQUEST_ACK, AF_NETLINK, SOCK_RAW] = [16, 0x1 | 0x4, 16, 3];
const KERNEL = Buffer.from([AF_NETLINK, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]); // struct sockaddr_nl

export interface BareTapSpec {
  readonly name: string;
  readonly owner: number;
  readonly bridgeIndex: number;
  readonly mtu: number;
  readonly group: number;
}

/**
 * The least that makes a TAP as ours is: seven system calls on /dev/net/tun and two netlink messages, all bytes made
 * beforehand, no name looked up, nothing checked but the kernel's refusals. What `TapDevice` is measured against.
 */
export class BareTaps implements Disposable {
  readonly #netlink = check(sys.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0), "socket");
  readonly #answer = Buffer.alloc(8192);
  readonly #headerSize = Buffer.from([12, 0, 0, 0]); // sizeof(struct virtio_net_hdr_v1)

  /** Answers the deed, so that only it is timed. */
  prepare({ name, owner, bridgeIndex, mtu, group }: BareTapSpec): () => void {
    const request = Buffer.alloc(40); // struct ifreq
    request.write(name, 0, "latin1");
    request.writeUInt16LE(IFF_TAP_NO_PI_VNET_HDR_EXCL, 16);
    const named = text(IFLA.IFNAME, name);
    const place = [u32(IFLA.MASTER, bridgeIndex), u32(IFLA.MTU, mtu), u32(IFLA.GROUP, group)];
    const isolated = nested(
      IFLA.LINKINFO,
      text(IFLA_INFO.SLAVE_KIND, "bridge"),
      nested(IFLA_INFO.SLAVE_DATA, u8(IFLA_BRPORT.ISOLATED, 1)),
    );
    const messages = [
      [ifinfo(0), named, ...place],
      [ifinfo(0, IFF_UP, IFF_UP), named, isolated],
    ].map(message);
    return () => {
      this.#create(request, owner);
      for (const bytes of messages) this.#tell(bytes);
    };
  }

  [Symbol.dispose](): void {
    closeFd(this.#netlink);
  }

  #create(request: Buffer, owner: number): void {
    const fd = check(sys.open("/dev/net/tun", O_RDWR | O_CLOEXEC, 0), "open");
    check(sys.ioctlPointer(fd, TUNSETIFF, request), "TUNSETIFF");
    check(sys.ioctlPointer(fd, TUNSETVNETHDRSZ, this.#headerSize), "TUNSETVNETHDRSZ");
    check(sys.ioctlNumber(fd, TUNSETOWNER, owner), "TUNSETOWNER");
    check(sys.ioctlNumber(fd, TUNSETGROUP, owner), "TUNSETGROUP");
    check(sys.ioctlNumber(fd, TUNSETPERSIST, 1), "TUNSETPERSIST");
    closeFd(fd);
  }

  #tell(bytes: Buffer): void {
    check(sys.sendto(this.#netlink, bytes, bytes.length, 0, KERNEL, KERNEL.length), "sendto");
    check(sys.recv(this.#netlink, this.#answer, this.#answer.length, 0), "recv");
    const errno = -this.#answer.readInt32LE(16); // struct nlmsgerr, after the header
    if (errno !== 0) throw new Error(`netlink refused: errno ${errno}`);
  }
}

const message = (parts: readonly Buffer[]): Buffer =>
  encodeMessage({
    type: RTM_NEWLINK,
    flags: NLM_F_REQUEST_ACK,
    sequence: 1,
    payload: Buffer.concat(parts),
  });
