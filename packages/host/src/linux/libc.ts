import { getSystemErrorName } from "node:util";
import koffi from "koffi";

const libc = koffi.load("libc.so.6");

// struct iovec and struct msghdr as in readv(2) and sendmsg(2), on 64-bit machines.
koffi.struct("iovec", { base: "void *", length: "size_t" });
koffi.struct("msghdr", {
  name: "void *",
  nameLength: "uint",
  iov: "iovec *",
  iovCount: "size_t",
  control: "void *",
  controlLength: "size_t",
  flags: "int",
});

/** A system call that failed: which one, with what errno (errno(3)), said as its name in `code`. */
export class SyscallError extends Error {
  readonly call: string;
  readonly errno: number;
  readonly code: string;

  constructor(call: string, errno: number, about = "") {
    const code = errnoName(errno);
    super(`${call}${about ? ` (${about})` : ""}: ${code}`);
    this.name = "SyscallError";
    this.call = call;
    this.errno = errno;
    this.code = code;
  }
}

/** The name of an errno, e.g. 16 → "EBUSY". */
export function errnoName(errno: number): string {
  if (errno <= 0) return "OK";
  return UNKNOWN_TO_NODE.get(errno) ?? getSystemErrorName(-errno);
}

// asm-generic/errno.h and linux/errno.h, as the kernel's network code answers them.
const UNKNOWN_TO_NODE: ReadonlyMap<number, string> = new Map([
  [54, "EXFULL"],
  [77, "EBADFD"],
  [524, "ENOTSUPP"],
]);

export function isSyscallError(error: unknown, code?: string): error is SyscallError {
  return error instanceof SyscallError && (code === undefined || error.code === code);
}

/** Passes a result through, or throws what errno says when it is negative. Call it right after the system call. */
export function check(result: number, call: string, about?: string): number {
  if (result < 0) throw new SyscallError(call, koffi.errno(), about);
  return result;
}

/**
 * Whether the last system call of this thread failed because it would have to wait. Cheaper than an error that is
 * thrown and caught, where that is the usual answer.
 */
export const wouldBlock = (): boolean => koffi.errno() === EAGAIN;
const EAGAIN = 11; // asm-generic/errno-base.h

// Prototypes as in the man pages, section 2. `long` results of these calls always fit a number.
// The variadic ones (open, ioctl, syscall) are declared with fixed types: on Linux x86_64 and AArch64 both
// conventions pass integers and pointers alike.
export const sys = {
  open: libc.func("open", "int", ["str", "int", "int"]),
  close: libc.func("close", "int", ["int"]),
  read: libc.func("read", "long", ["int", "void *", "ulong"]),
  write: libc.func("write", "long", ["int", "void *", "ulong"]),
  poll: libc.func("poll", "int", ["void *", "ulong", "int"]),
  ioctlPointer: libc.func("ioctl", "int", ["int", "ulong", "void *"]),
  ioctlNumber: libc.func("ioctl", "int", ["int", "ulong", "ulong"]),
  fcntl: libc.func("fcntl", "int", ["int", "int", "int"]),
  ftruncate: libc.func("ftruncate", "int", ["int", "long"]),
  lseek: libc.func("lseek", "long", ["int", "long", "int"]),
  memfdCreate: libc.func("memfd_create", "int", ["str", "uint"]),
  socket: libc.func("socket", "int", ["int", "int", "int"]),
  bind: libc.func("bind", "int", ["int", "void *", "uint"]),
  connect: libc.func("connect", "int", ["int", "void *", "uint"]),
  setsockopt: libc.func("setsockopt", "int", ["int", "int", "int", "void *", "uint"]),
  getsockopt: libc.func("getsockopt", "int", ["int", "int", "int", "void *", "void *"]),
  sendto: libc.func("sendto", "long", ["int", "void *", "ulong", "int", "void *", "uint"]),
  sendmsg: libc.func("sendmsg", "long", ["int", "msghdr *", "int"]),
  recv: libc.func("recv", "long", ["int", "void *", "ulong", "int"]),
  mkfifo: libc.func("mkfifo", "int", ["str", "uint"]),
  /** Moves the calling thread only. hostd never calls it; a test's fake VMM has a leg in two namespaces. */
  setns: libc.func("setns", "int", ["int", "int"]),
  /** Moves the calling thread only. */
  unshare: libc.func("unshare", "int", ["int"]),
  /** pidfd_open(2), fsmount(2) and others that older libcs do not wrap. */
  syscallNumbers: libc.func("syscall", "long", ["long", "long", "long", "long", "long"]),
  syscallString: libc.func("syscall", "long", ["long", "str", "uint"]),
  syscallFsconfig: libc.func("syscall", "long", ["long", "int", "uint", "void *", "void *", "int"]),
  syscallOpenTree: libc.func("syscall", "long", ["long", "int", "str", "uint"]),
  syscallMountSetattr: libc.func("syscall", "long", ["long", "int", "str", "uint", "void *", "ulong"]),
  syscallMoveMount: libc.func("syscall", "long", ["long", "int", "str", "int", "str", "uint"]),
  syscallPidfdSignal: libc.func("syscall", "long", ["long", "int", "int", "void *", "uint"]),
} as const;

/** Closes a descriptor that we opened. A failed close(2) has released it all the same. */
export function closeFd(fd: number): void {
  sys.close(fd);
}

export const O_RDWR = 0o2; // asm-generic/fcntl.h
export const O_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;
export const SOCK_CLOEXEC = O_CLOEXEC; // linux/net.h
export const SOCK_NONBLOCK = O_NONBLOCK;
export const POLLIN = 0x1; // asm-generic/poll.h
