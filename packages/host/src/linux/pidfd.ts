import { constants } from "node:os";
import { check, closeFd, isSyscallError, POLLIN, sys } from "./libc.ts";

// asm-generic/unistd.h and asm/unistd_64.h: the same on x86_64 and arm64.
const SYS_pidfd_send_signal = 424;
const SYS_pidfd_open = 434;

/** A handle on one process that can never come to mean another one. Close it with `closePidfd`. */
export type Pidfd = number & { readonly __brand: "Pidfd" };

/** pidfd_open(2); undefined when there is no such process. The descriptor is close-on-exec. */
export function openPidfd(pid: number): Pidfd | undefined {
  try {
    return check(sys.syscallNumbers(SYS_pidfd_open, pid, 0, 0, 0), "pidfd_open", `pid ${pid}`) as Pidfd;
  } catch (error) {
    if (isSyscallError(error, "ESRCH")) return undefined;
    throw error;
  }
}

/** pidfd_send_signal(2). False when the process is gone already. */
export function signalPidfd(fd: Pidfd, signal: NodeJS.Signals): boolean {
  try {
    check(
      sys.syscallPidfdSignal(SYS_pidfd_send_signal, fd, constants.signals[signal], null, 0),
      "pidfd_send_signal",
    );
    return true;
  } catch (error) {
    if (isSyscallError(error, "ESRCH")) return false;
    throw error;
  }
}

/** Whether that process has ended (a zombie counts as ended): a pidfd is readable from then on. */
export function hasExited(fd: Pidfd): boolean {
  const pollfd = Buffer.alloc(8); // struct pollfd { int fd; short events; short revents; }
  pollfd.writeInt32LE(fd, 0);
  pollfd.writeInt16LE(POLLIN, 4);
  return check(sys.poll(pollfd, 1, 0), "poll", "pidfd") > 0;
}

export function closePidfd(fd: Pidfd): void {
  closeFd(fd);
}
