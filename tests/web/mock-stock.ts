import { BrowserVmError, Pool, type PoolSpec, Snapshot, type SnapshotRequest } from "@browservm/contract";

/** Pools and golden snapshots as they are told of; a test fills and empties them. */
export class MockStock {
  pools: Pool[] = [];
  snapshots: Snapshot[] = [];
  /** More than so many are refused. */
  most = 8;

  pool(over: Partial<Pool> = {}): Pool {
    const pool = Pool.parse({
      name: "warm",
      image: "browser",
      size: 3,
      source: "api",
      ready: 2,
      filling: 1,
      hits: 128,
      misses: 4,
      refillMs: { p50: 3120, p95: 4410 },
      claimMs: { p50: 12, p95: 31 },
      reason: null,
      ...over,
    });
    this.pools.push(pool);
    return pool;
  }

  snapshot(over: Partial<Snapshot> = {}): Snapshot {
    const snapshot = Snapshot.parse({
      id: "browser-0123456789abcdef",
      state: "ready",
      image: "browser",
      imageId: "img-1",
      vcpus: 2,
      memoryMib: 2048,
      diskMib: 4096,
      driver: "qemu",
      vmm: "QEMU 7.2.22",
      cpu: "qemu64",
      accelerator: "tcg",
      madeAt: new Date(Date.now() - 3_600_000).toISOString(),
      buildMs: 61_200,
      sizeMib: 702,
      users: 0,
      current: true,
      ...over,
    });
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
    return this.snapshot({ id, image, state: "building", step: "boot", ...NOT_YET });
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

const NOT_YET = { madeAt: undefined, buildMs: undefined, sizeMib: undefined };
