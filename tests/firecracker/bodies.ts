import { z } from "zod";

/** Bodies as Firecracker 1.16 takes them: an unknown field is refused, as serde's `deny_unknown_fields` does. */
const Id = z.string().regex(/^\w+$/);
const Bucket = z.strictObject({
  size: z.int(),
  refill_time: z.int(),
  one_time_burst: z.int().optional(),
});
export const Limiter = z.strictObject({ bandwidth: Bucket.optional(), ops: Bucket.optional() });

export const MachineBody = z.strictObject({
  vcpu_count: z.int(),
  mem_size_mib: z.int(),
  smt: z.boolean().optional(),
  track_dirty_pages: z.boolean().optional(),
});
export const BootBody = z.strictObject({
  kernel_image_path: z.string(),
  initrd_path: z.string().optional(),
  boot_args: z.string().optional(),
});
export const DriveBody = z.strictObject({
  drive_id: Id,
  is_root_device: z.boolean(),
  is_read_only: z.boolean().optional(),
  path_on_host: z.string().optional(),
  cache_type: z.enum(["Unsafe", "Writeback"]).optional(),
  io_engine: z.enum(["Sync", "Async"]).optional(),
  rate_limiter: Limiter.optional(),
});
export const DrivePatch = z.strictObject({
  drive_id: Id,
  path_on_host: z.string().optional(),
  rate_limiter: Limiter.optional(),
});
export const NetworkPatch = z.strictObject({
  iface_id: Id,
  rx_rate_limiter: Limiter.optional(),
  tx_rate_limiter: Limiter.optional(),
});
export const NetworkBody = z.strictObject({
  iface_id: Id,
  host_dev_name: z.string(),
  guest_mac: z
    .string()
    .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i)
    .optional(),
  mtu: z.int().min(0).max(65_535).optional(),
  rx_rate_limiter: Limiter.optional(),
  tx_rate_limiter: Limiter.optional(),
});
export const VsockBody = z.strictObject({ guest_cid: z.int().min(3), uds_path: z.string() });
export const EntropyBody = z.strictObject({ rate_limiter: Limiter.optional() });
export const BalloonBody = z.strictObject({
  amount_mib: z.int(),
  deflate_on_oom: z.boolean(),
  stats_polling_interval_s: z.int().optional(),
});
export const ActionBody = z.strictObject({
  action_type: z.enum(["InstanceStart", "FlushMetrics", "SendCtrlAltDel"]),
});
export const VmBody = z.strictObject({ state: z.enum(["Paused", "Resumed"]) });
export const CreateBody = z.strictObject({
  snapshot_path: z.string(),
  mem_file_path: z.string(),
  snapshot_type: z.enum(["Full", "Diff"]).optional(),
});
export const LoadBody = z.strictObject({
  snapshot_path: z.string(),
  mem_backend: z.strictObject({ backend_type: z.enum(["File", "Uffd"]), backend_path: z.string() }),
  resume_vm: z.boolean().optional(),
  track_dirty_pages: z.boolean().optional(),
  clock_realtime: z.boolean().optional(),
  network_overrides: z.array(z.strictObject({ iface_id: Id, host_dev_name: z.string() })).optional(),
  vsock_override: z.strictObject({ uds_path: z.string() }).optional(),
});
