import { BrowserVmError } from "@browservm/contract/errors"; // alone, for a thread that must be small
import { check, closeFd, isSyscallError, O_CLOEXEC, O_RDWR, type SyscallError, sys } from "./libc.ts";

// linux/if_tun.h: _IOW('T', n, int) and _IOR('T', n, unsigned int); the encoding is the same on x86_64 and arm64.
const TUNSETIFF = 0x400454ca;
const TUNSETPERSIST = 0x400454cb;
const TUNSETOWNER = 0x400454cc;
const TUNSETGROUP = 0x400454ce;
const TUNSETOFFLOAD = 0x400454d0;
const TUNSETVNETHDRSZ = 0x400454d8;

const IFF_TAP = 0x0002; // linux/if_tun.h
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
const IFF_TUN_EXCL = 0x8000;
const IFNAMSIZ = 16; // linux/if.h
const IFREQ_BYTES = 40; // sizeof(struct ifreq) on 64-bit

/** sizeof(struct virtio_net_hdr_v1), linux/virtio_net.h: what Firecracker and QEMU use. */
export const VNET_HEADER_BYTES = 12;
/** TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN, linux/if_tun.h. */
export const ALL_OFFLOADS = 0x1 | 0x2 | 0x4 | 0x8;

export interface TapOwner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Makes a persistent TAP in the current namespace, not enslaved and not up. TAP_NAME_TAKEN when any link has that
 * name (plain TUNSETIFF would silently attach to it), TUN_UNAVAILABLE when /dev/net/tun cannot be used.
 */
export function createTap(name: string, owner: TapOwner): void {
  const fd = openTun();
  try {
    setInterface(fd, name, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_TUN_EXCL);
    setVnetHeader(fd, name);
    check(sys.ioctlNumber(fd, TUNSETOWNER, owner.uid), "TUNSETOWNER", name);
    check(sys.ioctlNumber(fd, TUNSETGROUP, owner.gid), "TUNSETGROUP", name);
    check(sys.ioctlNumber(fd, TUNSETPERSIST, 1), "TUNSETPERSIST", name);
  } finally {
    closeFd(fd);
  }
}

/** How a VMM opens its TAP. */
export interface TapOpening {
  /** Size of the virtio header before each frame, in bytes; 0: IFF_VNET_HDR is not asked for. */
  readonly headerBytes: number;
  /** TUN_F_* that the guest accepts; they stay on the TAP for later openers. */
  readonly offloads: number;
}

const AS_FIRECRACKER: TapOpening = { headerBytes: VNET_HEADER_BYTES, offloads: ALL_OFFLOADS };

/** Opens a TAP as a VMM does (it then has carrier); answers its descriptor. TAP_BUSY when another process holds it. */
export function attachTap(name: string, { headerBytes, offloads } = AS_FIRECRACKER): number {
  const fd = openTun();
  try {
    setInterface(fd, name, IFF_TAP | IFF_NO_PI | (headerBytes > 0 ? IFF_VNET_HDR : 0));
    if (headerBytes > 0) setVnetHeader(fd, name, headerBytes);
    setOffloads(fd, offloads);
    return fd;
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

/** Tells the kernel which TUN_F_* the reader of this descriptor's frames can take. */
export function setOffloads(fd: number, offloads: number): void {
  check(sys.ioctlNumber(fd, TUNSETOFFLOAD, offloads), "TUNSETOFFLOAD");
}

function openTun(): number {
  try {
    return check(sys.open("/dev/net/tun", O_RDWR | O_CLOEXEC, 0), "open", "/dev/net/tun");
  } catch (error) {
    const code = isSyscallError(error) ? error.code : String(error);
    throw new BrowserVmError("TUN_UNAVAILABLE", `/dev/net/tun: ${code}`, { errno: code }, { cause: error });
  }
}

function setInterface(fd: number, name: string, flags: number): void {
  // The kernel would cut a longer name silently.
  if (Buffer.byteLength(name) >= IFNAMSIZ) throw new RangeError(`${name}: a link name has at most 15 bytes`);
  const request = Buffer.alloc(IFREQ_BYTES);
  request.write(name, 0, "latin1");
  request.writeUInt16LE(flags, IFNAMSIZ);
  try {
    check(sys.ioctlPointer(fd, TUNSETIFF, request), "TUNSETIFF", name);
  } catch (error) {
    throw isSyscallError(error) ? explain(error, name, (flags & IFF_TUN_EXCL) !== 0) : error;
  }
}

function setVnetHeader(fd: number, name: string, bytes = VNET_HEADER_BYTES): void {
  const size = Buffer.alloc(4);
  size.writeInt32LE(bytes);
  check(sys.ioctlPointer(fd, TUNSETVNETHDRSZ, size), "TUNSETVNETHDRSZ", name);
}

function explain(error: SyscallError, name: string, creating: boolean): Error {
  if (error.code === "EBUSY" && !creating)
    return new BrowserVmError("TAP_BUSY", `another process holds ${name}`, { name }, { cause: error });
  if (error.code === "EBUSY" || error.code === "EINVAL" || error.code === "EEXIST")
    return new BrowserVmError("TAP_NAME_TAKEN", `${name} exists already`, { name }, { cause: error });
  if (error.code === "EPERM")
    return new BrowserVmError("NOT_PRIVILEGED", `${name}: ${error.message}`, { name }, { cause: error });
  return error;
}
