import {
  BrowserVmError,
  type Pool,
  type PoolSpec,
  type Snapshot,
  type SnapshotRequest,
} from "@browservm/contract";
import { poolFact, snapshotFact } from "../../packages/web/src/lib/testing/stock-facts.ts";

/** Pools and golden snapshots as they are told of; a test fills and empties them. */
export class MockStock {
  pools: Pool[] = [];
  snapshots: Snapshot[] = [];
  /** More than so many are refused. */
  most = 8;

  pool(over: Partial<Pool> = {}): Pool {
    const pool = poolFact(over);
    this.pools.push(pool);
    return pool;
  }

  snapshot(over: Partial<Snapshot> = {}): Snapshot {
    const snapshot = snapshotFact(over);
    this.snapshots.push(snapshot);
    return snapshot;
  }

  /** The answer of a route that is about pools or snapshots; undefined: it is not. */
  answer(name: string, params: Record<string, string>, body: unknown): unknown {
    if (name === "listPools") return { data: this.pools };
    if (name === "putPool") return this.#put(params.name ?? "", body as PoolSpec);
    if (name === "flushPool") return Object.assign(this.#find(params.name), { ready: 0, filling: 2 });
    if (name === "removePool") return this.#remove(params.name);
    if (name === "listSnapshots") return { data: this.snapshots };
    if (name === "makeSnapshot") return this.#make(body as SnapshotRequest);
    if (name === "removeSnapshot") return this.#removeSnapshot(params.id);
    return undefined;
  }

  #put(name: string, spec: PoolSpec): Pool {
    if (spec.size > this.most)
      throw new BrowserVmError("POOL_TOO_LARGE", `${spec.size} machines of 2048 MiB do not fit`, {
        most: this.most,
      });
    const before = this.pools.find((pool) => pool.name === name);
    if (before) return Object.assign(before, spec);
    return this.pool({
      ...spec,
      name,
      ready: 0,
      filling: Math.min(2, spec.size),
      hits: 0,
      misses: 0,
      refillMs: null,
      claimMs: null,
    });
  }

  #remove(name: string | undefined): object {
    const pool = this.#find(name);
    if (pool.source === "config") throw new BrowserVmError("POOL_CONFIGURED", `${name} is configured`);
    this.pools = this.pools.filter((one) => one !== pool);
    return {};
  }

  #make({ image }: SnapshotRequest): Snapshot {
    const id = `${image}-fedcba9876543210`;
    this.snapshots = this.snapshots.filter((one) => one.id !== id);
    return this.snapshot({ id, image, state: "building", step: "boot" });
  }

  #removeSnapshot(id: string | undefined): object {
    const found = this.snapshots.find((one) => one.id === id);
    if (!found) throw new BrowserVmError("SNAPSHOT_NOT_FOUND", `there is no snapshot ${id}`);
    if (found.users > 0) throw new BrowserVmError("SNAPSHOT_IN_USE", `${found.users} VMs run from it`);
    this.snapshots = this.snapshots.filter((one) => one !== found);
    return {};
  }

  #find(name: string | undefined): Pool {
    const pool = this.pools.find((one) => one.name === name);
    if (!pool) throw new BrowserVmError("POOL_NOT_FOUND", `there is no pool ${name}`);
    return pool;
  }
}
