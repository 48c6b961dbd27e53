import { check, closeFd, SOCK_CLOEXEC, SOCK_NONBLOCK, sys } from "./libc.ts";

const AF_UNIX = 1; // linux/socket.h, as below
const SOCK_STREAM = 1;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_NOSIGNAL = 0x4000;
const MSG_DONTWAIT = 0x40;
const SUN_PATH_BYTES = 108; // linux/un.h
const CMSG_LENGTH = 20; // CMSG_LEN(sizeof(int)) on 64-bit, cmsg(3)
const CMSG_SPACE = 24;

/**
 * Connects to a unix socket and answers the descriptor, which does not block: for a `net.Socket` over which descriptors
 * are passed, too. ENOENT, ECONNREFUSED: nobody listens there; EAGAIN: too many wait to be accepted.
 */
export function connectUnix(path: string): number {
  const address = Buffer.alloc(2 + SUN_PATH_BYTES);
  address.writeUInt16LE(AF_UNIX, 0);
  // The last byte stays NUL.
  if (Buffer.byteLength(path) >= SUN_PATH_BYTES) throw new RangeError(`${path}: too long for a unix socket`);
  address.write(path, 2);
  const fd = check(sys.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket", "AF_UNIX");
  try {
    check(sys.connect(fd, address, address.length), "connect", path);
    return fd;
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

/** Sends bytes over a unix socket, and with them a descriptor (SCM_RIGHTS, unix(7)); the receiver gets one of its own. */
export function sendWithDescriptor(socket: number, bytes: Uint8Array, fd: number): void {
  const control = Buffer.alloc(CMSG_SPACE);
  control.writeBigUInt64LE(BigInt(CMSG_LENGTH), 0);
  control.writeInt32LE(SOL_SOCKET, 8);
  control.writeInt32LE(SCM_RIGHTS, 12);
  control.writeInt32LE(fd, 16);
  const message = {
    name: null,
    nameLength: 0,
    iov: [{ base: bytes, length: bytes.length }],
    iovCount: 1,
    control,
    controlLength: control.length,
    flags: 0,
  };
  const sent = check(sys.sendmsg(socket, message, MSG_NOSIGNAL | MSG_DONTWAIT), "sendmsg", "SCM_RIGHTS");
  // A message this small is taken as a whole by an empty socket.
  if (sent !== bytes.length)
    throw new Error(`only ${sent} of ${bytes.length} bytes were taken with a descriptor`);
}
