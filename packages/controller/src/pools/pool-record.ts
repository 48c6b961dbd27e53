import { EgressPolicy, Reason, VmId } from "@browservm/contract";
import { z } from "zod";
import type { PoolTable, PoolVmTable } from "../store/tables.ts";

const Times = z.array(z.number());
const Source = z.enum(["config", "api"]);
const State = z.enum(["filling", "ready", "claimed", "leaving"]);
export type PoolVmState = z.infer<typeof State>;

/** VMs of one shape that are kept ready, and how that went. Times are in milliseconds, oldest first. */
export interface PoolRecord {
  readonly name: string;
  readonly source: z.infer<typeof Source>;
  readonly image: string;
  readonly size: number;
  readonly vcpus: number | null;
  readonly memoryMib: number | null;
  readonly hits: number;
  readonly misses: number;
  readonly refillMs: readonly number[];
  readonly claimMs: readonly number[];
  readonly reason: Reason | null;
  readonly egress: EgressPolicy | null;
}

/** One VM of a pool, until it is a session's. */
export interface PoolVm {
  readonly vmId: VmId;
  readonly pool: string;
  readonly state: PoolVmState;
  readonly image: string;
  /** Null until hostd answered. */
  readonly imageId: string | null;
  readonly askedVcpus: number | null;
  readonly askedMemoryMib: number | null;
  readonly memoryMib: number | null;
  readonly askedAt: string;
  readonly readyAt: string | null;
}

export function toPoolRecord(row: PoolTable): PoolRecord {
  return {
    name: row.name,
    source: Source.parse(row.source),
    image: row.image,
    size: row.size,
    vcpus: row.vcpus,
    memoryMib: row.memory_mib,
    hits: row.hits,
    misses: row.misses,
    refillMs: Times.parse(JSON.parse(row.refill_ms_json)),
    claimMs: Times.parse(JSON.parse(row.claim_ms_json)),
    reason: row.reason_json === null ? null : Reason.parse(JSON.parse(row.reason_json)),
    egress: row.egress_json === null ? null : EgressPolicy.parse(JSON.parse(row.egress_json)),
  };
}

export function toPoolVm(row: PoolVmTable): PoolVm {
  return {
    vmId: VmId.parse(row.vm_id),
    pool: row.pool,
    state: State.parse(row.state),
    image: row.image,
    imageId: row.image_id,
    askedVcpus: row.asked_vcpus,
    askedMemoryMib: row.asked_memory_mib,
    memoryMib: row.memory_mib,
    askedAt: row.asked_at,
    readyAt: row.ready_at,
  };
}
