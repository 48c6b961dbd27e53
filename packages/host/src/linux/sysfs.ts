import { readFileSync } from "node:fs";
import { check, isSyscallError, sys } from "./libc.ts";

// asm-generic/unistd.h; the same numbers on x86_64 and arm64 (Linux 5.2).
const SYS_fsopen = 430;
const SYS_fsconfig = 431;
const SYS_fsmount = 432;
const FSOPEN_CLOEXEC = 1; // linux/mount.h, as the next two
const FSMOUNT_CLOEXEC = 1;
const FSCONFIG_CMD_CREATE = 6;

let mounted: number | undefined;

/**
 * How a link got its MAC (`addr_assign_type`, 3 = NET_ADDR_SET: by hand); undefined when it cannot be read.
 * Only sysfs says it. The /sys that is mounted may show another namespace (`nsenter --net` leaves it), so this
 * reads a private, detached mount of sysfs, which belongs to the namespace of the caller.
 */
export function readAddressAssignType(link: string): number | undefined {
  try {
    mounted ??= mountSysfs();
    return Number(readFileSync(`/proc/self/fd/${mounted}/class/net/${link}/addr_assign_type`, "utf8"));
  } catch (error) {
    const code = isSyscallError(error) ? error.code : (error as NodeJS.ErrnoException).code;
    // No such link, an older kernel, or no right to mount: the fact is then unknown.
    if (code === "ENOENT" || code === "ENOSYS" || code === "EPERM") return undefined;
    throw error;
  }
}

/** The descriptor stays open for the life of the process; the mount ends with it. */
function mountSysfs(): number {
  const context = check(sys.syscallString(SYS_fsopen, "sysfs", FSOPEN_CLOEXEC), "fsopen", "sysfs");
  try {
    check(sys.syscallFsconfig(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, null, null, 0), "fsconfig");
    return check(sys.syscallNumbers(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0, 0), "fsmount");
  } finally {
    sys.close(context);
  }
}
