import { BrowserVmError, type Config, type NewPool, type Pool, type PoolSpec } from "@browservm/contract";
import type { HostClient } from "../host/host-client.ts";
import type { Store } from "../store/store.ts";
import type { ProxyVault } from "../vault/proxy-vault.ts";
import type { PoolKeeper } from "./pool-keeper.ts";
import type { PoolRecord } from "./pool-record.ts";
import { fitting, memoryOf, roomWithout, type Taken } from "./pool-room.ts";
import { poolStore } from "./pool-store.ts";
import { toPool } from "./pool-view.ts";

export interface PoolDeps {
  readonly store: Store;
  readonly host: HostClient;
  readonly keeper: PoolKeeper;
  readonly proxies: ProxyVault;
}

/** Pools as their owners see them. What is asked here the keeper brings about. */
export class PoolService {
  readonly #deps: PoolDeps;

  constructor(deps: PoolDeps) {
    this.#deps = deps;
  }

  /** Takes the pools of the configuration over; those that it does not name any more go. */
  async configure(pools: Config["pools"]): Promise<void> {
    await this.#deps.store.transaction().execute(async (trx) => {
      const named = new Set<string>(pools.map(({ name }) => name));
      for (const { name, source } of await poolStore.list(trx)) {
        if (source === "config" && !named.has(name)) await poolStore.remove(trx, name);
      }
      for (const { name, ...spec } of pools) await poolStore.put(trx, name, "config", spec);
    });
  }

  async list(): Promise<Pool[]> {
    const { store } = this.#deps;
    const [pools, vms] = [await poolStore.list(store), await poolStore.vms(store)];
    return pools.map((pool) => toPool(pool, vms));
  }

  /** POOL_NOT_FOUND. */
  async get(name: string): Promise<Pool> {
    const { store } = this.#deps;
    return toPool(await this.#find(name), await poolStore.vms(store));
  }

  /** Makes or changes a pool. IMAGE_NOT_FOUND, POOL_TOO_LARGE, POOL_CONFIGURED, HOST_UNREACHABLE. */
  async put(name: string, { egress, ...shape }: NewPool): Promise<Pool> {
    const { store, host, keeper, proxies } = this.#deps;
    const before = await poolStore.find(store, name);
    refuseConfigured(before);
    const kept = egress && (await proxies.keep(egress, before?.egress ?? undefined));
    const spec: PoolSpec = { ...shape, ...(kept ? { egress: kept } : {}) };
    const vms = await poolStore.vms(store);
    const [info, hostVms] = await Promise.all([host.getHost(), host.listVms()]);
    refuseTooLarge(name, spec, { host: info, hostVms, vms });
    await poolStore.put(store, name, "api", spec);
    keeper.forgive(name);
    return this.get(name);
  }

  /** POOL_NOT_FOUND, POOL_CONFIGURED. */
  async remove(name: string): Promise<void> {
    const { store, keeper } = this.#deps;
    refuseConfigured(await this.#find(name));
    await store.transaction().execute((trx) => poolStore.remove(trx, name));
    keeper.forgive(name);
  }

  /** Its VMs leave, and fresh ones take their place. POOL_NOT_FOUND. */
  async flush(name: string): Promise<Pool> {
    const { store, keeper } = this.#deps;
    await this.#find(name);
    await poolStore.flush(store, name);
    keeper.forgive(name);
    return this.get(name);
  }

  async #find(name: string): Promise<PoolRecord> {
    const pool = await poolStore.find(this.#deps.store, name);
    if (!pool) throw new BrowserVmError("POOL_NOT_FOUND", `there is no pool ${name}`, { name });
    return pool;
  }
}

function refuseConfigured(pool: PoolRecord | undefined): void {
  if (pool?.source !== "config") return;
  throw new BrowserVmError("POOL_CONFIGURED", `pool ${pool.name} is set in the configuration`, {
    name: pool.name,
  });
}

/** What the pool has already counts as room: it would be replaced, or kept. */
function refuseTooLarge(name: string, { image, size, memoryMib }: PoolSpec, taken: Taken): void {
  const { host, vms } = taken;
  if (!host.images.some((known) => known.name === image)) {
    throw new BrowserVmError("IMAGE_NOT_FOUND", `there is no image “${image}”`, { image });
  }
  const room = roomWithout(name, taken);
  const eachMib = memoryOf({ image, memoryMib: memoryMib ?? null }, host, vms);
  const most = fitting(room, eachMib);
  if (size <= most) return;
  const [availableMib, slots] = [Math.max(0, room.memoryMib), Math.max(0, room.slots)];
  throw new BrowserVmError(
    "POOL_TOO_LARGE",
    `${size} VMs of ${eachMib} MiB do not fit: there is room for ${availableMib} MiB, and ${slots} addresses`,
    { most, eachMib, availableMib },
  );
}
