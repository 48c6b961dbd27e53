import { type ApiKey, apiRoutes, type BodyInput, type ReplyOf } from "@browservm/contract";
import type { CallOptions, RouteClient } from "./transport/route-client.ts";

/** `/v1/api-keys`: keys of programs, none stronger than who asks. */
export class Keys {
  readonly #client: RouteClient;

  constructor(client: RouteClient) {
    this.#client = client;
  }

  /** The secret is in this answer and never again. GRANT_TOO_STRONG. */
  create(
    request: BodyInput<typeof apiRoutes.createApiKey>,
    options?: CallOptions,
  ): Promise<ReplyOf<typeof apiRoutes.createApiKey>> {
    return this.#client.call(apiRoutes.createApiKey, { body: request }, options);
  }

  async list(options?: CallOptions): Promise<readonly ApiKey[]> {
    return (await this.#client.call(apiRoutes.listApiKeys, {}, options)).data;
  }

  /** A new secret; the old one works for the grace time, a day unless told. KEY_NOT_FOUND, GRANT_TOO_STRONG. */
  rotate(
    id: string,
    request: BodyInput<typeof apiRoutes.rotateApiKey> = {},
    options?: CallOptions,
  ): Promise<ReplyOf<typeof apiRoutes.rotateApiKey>> {
    return this.#client.call(apiRoutes.rotateApiKey, { params: { id }, body: request }, options);
  }

  /** Revokes it at once; twice is fine. */
  async remove(id: string, options?: CallOptions): Promise<void> {
    await this.#client.call(apiRoutes.removeApiKey, { params: { id } }, options);
  }
}
