import { z } from "zod";

/** Replies and requests of Firecracker's API, after its published description (src/firecracker/swagger/firecracker.yaml). */
export const InstanceInfo = z.object({
  id: z.string(),
  state: z.enum(["Not started", "Running", "Paused"]),
  vmm_version: z.string(),
  app_name: z.literal("Firecracker"),
});

/** The part of a VM's configuration that we ask back. */
export const VmConfig = z.object({
  "machine-config": z.object({ vcpu_count: z.int(), mem_size_mib: z.int() }),
  drives: z.array(z.object({ drive_id: z.string() })),
});

export const Fault = z.object({ fault_message: z.string() });

/** A bucket of `size` tokens (bytes or operations) that fills in `refill_time` milliseconds. */
export interface TokenBucket {
  readonly size: number;
  readonly refill_time: number;
}
export interface RateLimiter {
  readonly bandwidth: TokenBucket;
}

export interface MachineConfiguration {
  readonly vcpu_count: number;
  readonly mem_size_mib: number;
}
export interface BootSource {
  readonly kernel_image_path: string;
  readonly initrd_path: string;
  readonly boot_args: string;
}
export interface Drive {
  readonly drive_id: string;
  readonly path_on_host: string;
  readonly is_root_device: boolean;
  readonly is_read_only: boolean;
  readonly cache_type?: "Unsafe" | "Writeback";
  readonly rate_limiter?: RateLimiter;
}
export interface NetworkInterface {
  readonly iface_id: string;
  readonly host_dev_name: string;
  readonly guest_mac: string;
  readonly mtu?: number;
  readonly rx_rate_limiter?: RateLimiter;
  readonly tx_rate_limiter?: RateLimiter;
}
export interface Vsock {
  readonly guest_cid: number;
  readonly uds_path: string;
}
export interface Balloon {
  readonly amount_mib: number;
  readonly deflate_on_oom: boolean;
}
export interface SnapshotCreate {
  readonly snapshot_type: "Full";
  readonly snapshot_path: string;
  readonly mem_file_path: string;
}
export interface SnapshotLoad {
  readonly snapshot_path: string;
  readonly mem_backend: { readonly backend_type: "File"; readonly backend_path: string };
  readonly resume_vm: boolean;
  readonly network_overrides: ReadonlyArray<{ readonly iface_id: string; readonly host_dev_name: string }>;
}

/** Each `PUT` that we use, by its path, with its body. */
export type PutRequest =
  | { readonly path: "/machine-config"; readonly body: MachineConfiguration }
  | { readonly path: "/boot-source"; readonly body: BootSource }
  | { readonly path: `/drives/${string}`; readonly body: Drive }
  | { readonly path: `/network-interfaces/${string}`; readonly body: NetworkInterface }
  | { readonly path: "/vsock"; readonly body: Vsock }
  | { readonly path: "/entropy"; readonly body: Record<string, never> }
  | { readonly path: "/balloon"; readonly body: Balloon }
  | { readonly path: "/snapshot/create"; readonly body: SnapshotCreate }
  | { readonly path: "/snapshot/load"; readonly body: SnapshotLoad }
  | {
      readonly path: "/actions";
      readonly body: { readonly action_type: "InstanceStart" | "FlushMetrics" | "SendCtrlAltDel" };
    };

/** Each `PATCH` that we use: what can be changed in a VM that runs or is paused. */
export type PatchRequest =
  | { readonly path: "/vm"; readonly body: { readonly state: "Paused" | "Resumed" } }
  | { readonly path: `/drives/${string}`; readonly body: Pick<Drive, "drive_id" | "rate_limiter"> }
  | {
      readonly path: `/network-interfaces/${string}`;
      readonly body: Pick<NetworkInterface, "iface_id" | "rx_rate_limiter" | "tx_rate_limiter">;
    };
