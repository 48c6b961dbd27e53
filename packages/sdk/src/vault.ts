import { apiRoutes, type VaultStatus } from "@browservm/contract";
import type { CallOptions, RouteClient } from "./transport/route-client.ts";

/** `/v1/vault`: the key that connections are locked with. For admins. */
export class VaultDesk {
  readonly #client: RouteClient;

  constructor(client: RouteClient) {
    this.#client = client;
  }

  status(options?: CallOptions): Promise<VaultStatus> {
    return this.#client.call(apiRoutes.vault, {}, options);
  }

  /** Takes a new version of the key; `waiting` tells how many connections are still to follow. VAULT_NO_NEW_KEY. */
  rotate(options?: CallOptions): Promise<VaultStatus> {
    return this.#client.call(apiRoutes.rotateVault, {}, options);
  }
}
