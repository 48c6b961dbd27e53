import type { Pool } from "@browservm/contract";
import { table } from "../table.ts";

/** Pools as a table, with why one is not full. */
export function poolTable(pools: readonly Pool[]): string {
  if (pools.length === 0) return "No pools. `browservm pool set NAME --size N` makes one.";
  const rows = pools.map((pool) => [
    pool.name,
    pool.image,
    `${pool.ready}/${pool.size}`,
    String(pool.filling),
    String(pool.hits),
    String(pool.misses),
    milliseconds(pool.claimMs),
    milliseconds(pool.refillMs),
    pool.source,
  ]);
  const heads = [
    "POOL",
    "IMAGE",
    "READY",
    "FILLING",
    "HITS",
    "MISSES",
    "CLAIM p50/p95",
    "REFILL p50/p95",
    "SOURCE",
  ];
  const reasons = pools.flatMap(({ name, reason }) =>
    reason ? [`! ${name}: ${reason.message} (${reason.code})\n  → ${reason.fix}`] : [],
  );
  return [table(heads, rows), ...reasons].join("\n");
}

/** One pool in a few words. */
export function poolWords({ name, image, size, ready, filling, reason }: Pool): string {
  const words = `${name}: ${ready} of ${size} ready${filling > 0 ? `, ${filling} under way` : ""} (${image})`;
  return reason ? `${words}; ${reason.message}` : words;
}

const milliseconds = (times: Pool["claimMs"]) =>
  times ? `${Math.round(times.p50)}/${Math.round(times.p95)} ms` : "–";
