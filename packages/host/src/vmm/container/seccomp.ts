/**
 * System calls that no guest may make, although most would be refused by its user namespace as well: they reach parts
 * of the kernel that are not divided between containers, or that were broken out of before. What is not here is
 * allowed, for a guest runs a whole system, and Chromium's sandbox makes namespaces of its own. docs/container.md says
 * what that means.
 */
const REFUSED = [
  // Another kernel, other modules, other programs in the kernel.
  ...["kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "bpf"],
  // Interfaces with a long history of faults, and not needed by a browser.
  ...["io_uring_setup", "io_uring_enter", "io_uring_register", "userfaultfd", "perf_event_open", "vmsplice"],
  // Keys are not divided by namespaces well enough (user_namespaces(7), keyrings(7)).
  ...["add_key", "request_key", "keyctl"],
  // The machine's own: clock, swap, accounting, quotas, ports, log.
  ...[
    "settimeofday",
    "clock_settime",
    "clock_settime64",
    "clock_adjtime",
    "clock_adjtime64",
    "adjtimex",
    "stime",
  ],
  ...["swapon", "swapoff", "acct", "quotactl", "quotactl_fd", "iopl", "ioperm", "syslog"],
  // Files by their number pass by every mount.
  "open_by_handle_at",
  // Left over from other times.
  ...["uselib", "ustat", "sysfs", "_sysctl", "nfsservctl", "lookup_dcookie", "vm86", "vm86old", "modify_ldt"],
  // Kernel file systems are set up by those who start guests.
  ...["fanotify_init", "mbind", "migrate_pages", "move_pages", "set_mempolicy"],
];

/** As Node and as libseccomp name an architecture; calls of any other one (32 bit) end the process. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: "SCMP_ARCH_X86_64",
  arm64: "SCMP_ARCH_AARCH64",
};

const EPERM = 1; // asm-generic/errno-base.h

/** The seccomp part of an OCI configuration. */
export function seccompProfile(arch: string = process.arch) {
  return {
    defaultAction: "SCMP_ACT_ALLOW",
    architectures: [ARCHITECTURES[arch]].filter((name) => name !== undefined),
    syscalls: [{ names: REFUSED, action: "SCMP_ACT_ERRNO", errnoRet: EPERM }],
  };
}
