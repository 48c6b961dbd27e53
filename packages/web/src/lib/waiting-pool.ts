import type { CreateSession, HostInfo, Pool } from "@browservm/contract";

/** What a request finds ahead of it: a VM that is ready, a pool that is filling, or nothing. */
export interface WaitingPool {
  readonly pool: Pool;
  readonly isReady: boolean;
}

type Asked = Pick<CreateSession, "image" | "vcpus" | "memoryMib" | "start" | "pool">;
type Image = Pick<HostInfo["images"][number], "name" | "defaults">;

/** The pool that a session would be served from; one with a ready VM first. */
export function waitingPool(
  asked: Asked,
  pools: readonly Pool[],
  images: readonly Image[] = [],
): WaitingPool | undefined {
  if (asked.pool === false || (asked.start !== undefined && asked.start !== "auto")) return undefined;
  const defaults = images.find(({ name }) => name === asked.image)?.defaults;
  const fits = (pool: Pool, size: "vcpus" | "memoryMib") =>
    asked[size] === undefined || asked[size] === (pool[size] ?? defaults?.[size]);
  const fitting = pools.filter(
    (pool) => pool.image === asked.image && pool.size > 0 && fits(pool, "vcpus") && fits(pool, "memoryMib"),
  );
  const pool = fitting.find(({ ready }) => ready > 0) ?? fitting[0];
  return pool && { pool, isReady: pool.ready > 0 };
}
