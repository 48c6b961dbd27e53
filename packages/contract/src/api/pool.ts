import { z } from "zod";
import { EgressPolicy, NewEgress } from "../egress/policy.ts";
import { Reason } from "../gate.ts";
import { ImageName } from "../host/image-name.ts";

export const PoolName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/);

/** VMs of one shape that are kept ready. What is left out is the image's default. */
export const PoolSpec = z.strictObject({
  image: ImageName.default("browser"),
  /** How many are kept ready; 0 keeps none, and the pool's numbers stay. */
  size: z.int().min(0).max(200),
  vcpus: z.int().min(1).max(16).optional(),
  memoryMib: z.int().min(128).max(65_536).optional(),
  /** Where its sessions may go that say nothing of it themselves. */
  egress: EgressPolicy.optional(),
});
export type PoolSpec = z.infer<typeof PoolSpec>;

/** The same as it is asked for. */
export const NewPool = PoolSpec.extend({ egress: NewEgress.optional() });
export type NewPool = z.infer<typeof NewPool>;

const Quantiles = z.object({ p50: z.number(), p95: z.number() });

/** A pool with its numbers; those of times are of the last hundred, in milliseconds. */
export const Pool = PoolSpec.extend({
  name: PoolName,
  /** Pools of the configuration cannot be changed by the API. */
  source: z.enum(["config", "api"]),
  /** VMs that can be claimed now, and those under way. */
  ready: z.int(),
  filling: z.int(),
  /** Sessions that found a VM here, and those that had to wait for one of their own. */
  hits: z.int(),
  misses: z.int(),
  /** From the request for a VM until it may be claimed. */
  refillMs: Quantiles.nullable(),
  /** From the session's request until its VM was handed out. */
  claimMs: Quantiles.nullable(),
  /** Why it is not full, when it cannot be filled. */
  reason: Reason.nullable(),
});
export type Pool = z.infer<typeof Pool>;
