import type { VmmSpec } from "../vmm.ts";
import type { PutRequest, RateLimiter } from "./api.ts";
import { type FirecrackerVersion, isAtLeast } from "./version.ts";

const MIB = 1024 * 1024;
const SECOND_MS = 1000;
/** The host is 2; every VM has a socket of its own, so all of them can be the same (vsock(7)). */
const GUEST_CID = 3;
/** PUT /network-interfaces takes an MTU since then (CHANGELOG, 1.16.0). */
const KNOWS_MTU = { major: 1, minor: 16 } as const;

/** Where a VM's files are for its Firecracker: the same in every jail, because snapshots keep these paths. */
export const JAILED = {
  api: "/api.sock",
  vsock: "/v.sock",
  kernel: "/kernel",
  initrd: "/initrd",
  log: "/log.pipe",
  metrics: "/metrics.pipe",
  disk: (index: number): string => `/disk${index}`,
  state: "/state",
  memory: "/memory",
} as const;

/** Firecracker's own name for the only network interface. */
export const NETWORK_ID = "eth0";

/** What the configuration adds to a VM. Rates in MiB per second, 0 = no limit. */
export interface Tuning {
  readonly diskMibPerSecond: number;
  readonly networkMibPerSecond: number;
  readonly balloon: boolean;
}

export interface ColdStart {
  readonly spec: VmmSpec;
  readonly version: FirecrackerVersion;
  readonly tuning: Tuning;
  readonly arch: string;
}

/** All that is asked of a fresh Firecracker, in order; the last request starts the guest. */
export function coldStartRequests({ spec, version, tuning, arch }: ColdStart): PutRequest[] {
  return [
    { path: "/machine-config", body: { vcpu_count: spec.vcpus, mem_size_mib: spec.memoryMib } },
    {
      path: "/boot-source",
      body: {
        kernel_image_path: JAILED.kernel,
        initrd_path: JAILED.initrd,
        boot_args: bootArguments(spec.commandLine, arch),
      },
    },
    ...drives(spec, tuning),
    network(spec, version, tuning),
    { path: "/vsock", body: { guest_cid: GUEST_CID, uds_path: JAILED.vsock } },
    { path: "/entropy", body: {} },
    ...balloon(tuning),
    { path: "/actions", body: { action_type: "InstanceStart" } },
  ];
}

/**
 * Firecracker has no ACPI power button: a guest ends its VM by rebooting, on x86 through the keyboard controller
 * (docs/getting-started.md). Our agent reads the second word.
 */
function bootArguments(commandLine: string, arch: string): string {
  const reset = arch === "x64" ? ["reboot=k"] : [];
  return [commandLine, ...reset, "browservm.poweroff=reboot"].join(" ");
}

/** Our initramfs joins the disks itself; as root device Firecracker would add `root=` to the command line. */
function drives({ disks }: VmmSpec, { diskMibPerSecond }: Tuning): PutRequest[] {
  return disks.map(({ readOnly }, index) => ({
    path: `/drives/disk${index}`,
    body: {
      drive_id: `disk${index}`,
      path_on_host: JAILED.disk(index),
      is_root_device: false,
      is_read_only: readOnly,
      // The other kind ignores the guest's flushes.
      ...(readOnly ? {} : { cache_type: "Writeback" as const }),
      ...limited("rate_limiter", diskMibPerSecond),
    },
  }));
}

function network(
  { address, mtu }: VmmSpec,
  version: FirecrackerVersion,
  { networkMibPerSecond }: Tuning,
): PutRequest {
  return {
    path: `/network-interfaces/${NETWORK_ID}`,
    body: {
      iface_id: NETWORK_ID,
      host_dev_name: address.tap,
      guest_mac: address.mac,
      // An older one refuses fields that it does not know; the agent sets the MTU all the same.
      ...(isAtLeast(version, KNOWS_MTU) ? { mtu } : {}),
      ...limited("rx_rate_limiter", networkMibPerSecond),
      ...limited("tx_rate_limiter", networkMibPerSecond),
    },
  };
}

const balloon = (tuning: Tuning): PutRequest[] =>
  tuning.balloon ? [{ path: "/balloon", body: { amount_mib: 0, deflate_on_oom: true } }] : [];

function limited<K extends string>(key: K, mibPerSecond: number): { [name in K]?: RateLimiter } {
  if (mibPerSecond === 0) return {};
  return { [key]: rateLimiter(mibPerSecond) } as { [name in K]?: RateLimiter };
}

export const rateLimiter = (mibPerSecond: number): RateLimiter => ({
  bandwidth: { size: mibPerSecond * MIB, refill_time: SECOND_MS },
});
