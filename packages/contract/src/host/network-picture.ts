import { z } from "zod";
import { DoctorCode } from "../doctor.ts";
import { VmId } from "../ids.ts";

const Counters = {
  rxPackets: z.number(),
  txPackets: z.number(),
  rxDropped: z.number(),
  txDropped: z.number(),
};

/** One thing plugged into the bridge. */
export const BridgePort = z.object({
  name: z.string(),
  /** `stranger`: not made by BrowserVM. */
  kind: z.enum(["vm", "canary", "stranger"]),
  vmId: VmId.optional(),
  up: z.boolean(),
  carrier: z.boolean(),
  forwarding: z.boolean(),
  isolated: z.boolean(),
  ...Counters,
});
export type BridgePort = z.infer<typeof BridgePort>;

/** One repair by the watch (or a fault that it cannot, or no longer, repair). */
export const Repair = z.object({
  at: z.iso.datetime(),
  /** The doctor's code for what was broken. */
  code: DoctorCode,
  /** What was seen, in one sentence. */
  cause: z.string().max(500),
  /** What was done, in words; empty when nothing was. */
  step: z.string().max(200),
  vmId: VmId.optional(),
  /** `held-off`: it did not hold, so we wait instead of fighting another program. */
  outcome: z.enum(["repaired", "failed", "held-off", "not-repairable"]),
  /** Milliseconds from the first sign to the end of the repair. */
  tookMs: z.number(),
  /** Programs that may have done it, where that can be told. */
  suspects: z.array(z.string().max(100)).max(8),
});
export type Repair = z.infer<typeof Repair>;

/** The bridge and all that is plugged into it, as the kernel has it now. */
export const NetworkPicture = z.object({
  at: z.iso.datetime(),
  bridge: z
    .object({
      name: z.string(),
      up: z.boolean(),
      carrier: z.boolean(),
      mac: z.string(),
      mtu: z.number(),
      stp: z.boolean(),
      addresses: z.array(z.string()),
      ...Counters,
    })
    .optional(),
  ports: z.array(BridgePort),
  /** TAPs of VMs that are not plugged in, by VM. */
  unplugged: z.array(z.object({ vmId: VmId, tap: z.string(), exists: z.boolean() })),
  rules: z.enum(["loaded", "altered", "missing"]),
  uplink: z.object({ name: z.string(), up: z.boolean(), carrier: z.boolean() }).optional(),
  /** The last repairs, newest first. */
  repairs: z.array(Repair).max(50),
});
export type NetworkPicture = z.infer<typeof NetworkPicture>;
