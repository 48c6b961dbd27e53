import { dirname } from "node:path";
import { CHANNEL_SOCKET } from "@browservm/contract";
import { peerName } from "../../net/names.ts";
import type { VmmSpec } from "../vmm.ts";
import { GUEST_BOOT, guestRoot, IDS_PER_GUEST, STAGED } from "./places.ts";
import { seccompProfile } from "./seccomp.ts";

/** What root may do inside of its own user namespace: to run a system, and to set up its own network. */
const CAPABILITIES = [
  ...[
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "SETFCAP",
    "SETGID",
    "SETUID",
    "SETPCAP",
  ],
  ...["KILL", "SYS_PTRACE", "SYS_NICE", "SYS_ADMIN", "SYS_CHROOT", "SYS_BOOT", "IPC_LOCK"],
  ...["NET_ADMIN", "NET_BIND_SERVICE", "NET_RAW", "AUDIT_WRITE"],
].map((name) => `CAP_${name}`);

/** Parts of /proc and /sys that tell of the machine, or change it. */
const MASKED = [
  ...["/proc/acpi", "/proc/asound", "/proc/bus", "/proc/config.gz", "/proc/driver", "/proc/fs", "/proc/irq"],
  ...[
    "/proc/kcore",
    "/proc/keys",
    "/proc/kallsyms",
    "/proc/kpagecount",
    "/proc/kpageflags",
    "/proc/latency_stats",
  ],
  ...[
    "/proc/modules",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/slabinfo",
    "/proc/sysrq-trigger",
    "/proc/timer_list",
  ],
  ...["/proc/interrupts", "/sys/firmware", "/sys/devices/virtual/powercap", "/sys/kernel/debug"],
];

const QUIET = ["nosuid", "noexec", "nodev"];

/**
 * Takes the guest's end of the veth into the guest, before anything runs there. The runtime tells the guest's pid on
 * standard input (OCI runtime-spec, "State").
 */
const TAKE_PORT = `
pid=$(tr -d '\\n' | sed -n 's/.*"pid"[^0-9]*\\([0-9][0-9]*\\).*/\\1/p')
[ -n "$pid" ] || { echo "the runtime told no pid" >&2; exit 1; }
exec ip link set dev "$1" netns "$pid" name eth0`;

/** The configuration of one container, as the runtime specification of OCI has it. Paths are the launcher's. */
export function ociConfig(spec: Pick<VmmSpec, "address" | "vmId">) {
  const ids = [{ containerID: 0, hostID: guestRoot(spec.address.slot), size: IDS_PER_GUEST }];
  return {
    ociVersion: "1.0.0",
    hostname: "browservm",
    root: { path: STAGED.root },
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      cwd: "/",
      args: [`${GUEST_BOOT}/init`],
      env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "container=browservm"],
      capabilities: { bounding: CAPABILITIES, effective: CAPABILITIES, permitted: CAPABILITIES },
      noNewPrivileges: true,
    },
    mounts: mounts(),
    hooks: {
      createRuntime: [
        {
          path: "/bin/sh",
          args: ["sh", "-c", TAKE_PORT, "take-port", peerName(spec.address.tap)],
          env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
          timeout: 10,
        },
      ],
    },
    linux: {
      cgroupsPath: `/browservm/${spec.vmId}/guest`,
      uidMappings: ids,
      gidMappings: ids,
      namespaces: ["user", "pid", "network", "mount", "ipc", "uts", "cgroup"].map((type) => ({ type })),
      seccomp: seccompProfile(),
      maskedPaths: MASKED,
      readonlyPaths: ["/proc/sys/kernel", "/proc/sys/fs", "/proc/sys/vm"],
    },
  };
}

function mounts() {
  const bind = (source: string, destination: string, ...options: string[]) => ({
    ...{ destination, type: "bind", source },
    options: ["bind", "nosuid", "nodev", ...options],
  });
  const fresh = (type: string, destination: string, ...options: string[]) => ({
    ...{ destination, type, source: type },
    options,
  });
  return [
    fresh("proc", "/proc", ...QUIET),
    bind(`${STAGED.boot}/cmdline`, "/proc/cmdline", "ro", "noexec"),
    bind(`${STAGED.boot}/boot_id`, "/proc/sys/kernel/random/boot_id", "ro", "noexec"),
    fresh("tmpfs", "/dev", "nosuid", "strictatime", "mode=755", "size=64k"),
    fresh("devpts", "/dev/pts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
    fresh("tmpfs", "/dev/shm", "nosuid", "nodev", "mode=1777"),
    fresh("mqueue", "/dev/mqueue", ...QUIET),
    fresh("sysfs", "/sys", ...QUIET, "ro"),
    fresh("cgroup2", "/sys/fs/cgroup", ...QUIET),
    fresh("tmpfs", "/run", "nosuid", "nodev", "mode=755"),
    bind(STAGED.boot, GUEST_BOOT, "ro"),
    bind(STAGED.port, dirname(CHANNEL_SOCKET), "noexec"),
  ];
}
