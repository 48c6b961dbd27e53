import { apiRoutes, type BodyInput, type Pool } from "@browservm/contract";
import type { CallOptions, RouteClient } from "./transport/route-client.ts";

export type PoolOptions = BodyInput<typeof apiRoutes.putPool>;

/** `/v1/pools`: VMs that are kept ready. Changing them is for admins. */
export class Pools {
  readonly #client: RouteClient;

  constructor(client: RouteClient) {
    this.#client = client;
  }

  async list(options?: CallOptions): Promise<readonly Pool[]> {
    return (await this.#client.call(apiRoutes.listPools, {}, options)).data;
  }

  /** POOL_NOT_FOUND. */
  get(name: string, options?: CallOptions): Promise<Pool> {
    return this.#client.call(apiRoutes.getPool, { params: { name } }, options);
  }

  /** Makes or changes a pool. POOL_TOO_LARGE, POOL_CONFIGURED, IMAGE_NOT_FOUND. */
  set(name: string, request: PoolOptions, options?: CallOptions): Promise<Pool> {
    return this.#client.call(apiRoutes.putPool, { params: { name }, body: request }, options);
  }

  async remove(name: string, options?: CallOptions): Promise<void> {
    await this.#client.call(apiRoutes.removePool, { params: { name } }, options);
  }

  /** Ends its unclaimed VMs; fresh ones take their place. */
  flush(name: string, options?: CallOptions): Promise<Pool> {
    return this.#client.call(apiRoutes.flushPool, { params: { name } }, options);
  }
}
