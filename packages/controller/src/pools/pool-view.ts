import { Pool, PoolName } from "@browservm/contract";
import type { PoolRecord, PoolVm } from "./pool-record.ts";

/** A pool as the API shows it. `vms` may hold those of other pools too. */
export function toPool(record: PoolRecord, vms: readonly PoolVm[]): Pool {
  const count = (state: PoolVm["state"]) =>
    vms.filter((vm) => vm.pool === record.name && vm.state === state).length;
  return Pool.parse({
    name: PoolName.parse(record.name),
    source: record.source,
    image: record.image,
    size: record.size,
    ...(record.vcpus === null ? {} : { vcpus: record.vcpus }),
    ...(record.memoryMib === null ? {} : { memoryMib: record.memoryMib }),
    ...(record.egress === null ? {} : { egress: record.egress }),
    ready: count("ready"),
    filling: count("filling"),
    hits: record.hits,
    misses: record.misses,
    refillMs: quantiles(record.refillMs),
    claimMs: quantiles(record.claimMs),
    reason: record.reason,
  });
}

/** Nearest-rank quantiles; null of nothing. */
function quantiles(times: readonly number[]): Pool["refillMs"] {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
  const [p50, p95] = [at(0.5), at(0.95)];
  return p50 === undefined || p95 === undefined ? null : { p50, p95 };
}
