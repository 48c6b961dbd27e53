import { check, sys } from "./libc.ts";

const CLONE_NEWNET = 0x40000000; // linux/sched.h

/**
 * Moves the calling thread into a new, empty network namespace: sockets, netlink and children of this thread are then
 * its own, and it ends with the thread. Only for worker threads. Needs CAP_SYS_ADMIN.
 */
export function unshareNetwork(): void {
  check(sys.unshare(CLONE_NEWNET), "unshare", "CLONE_NEWNET");
}
