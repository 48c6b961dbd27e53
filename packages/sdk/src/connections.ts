import {
  type AccessToken,
  apiRoutes,
  type BodyInput,
  type Connection,
  ConnectionId,
  type ReplyOf,
} from "@browservm/contract";
import type { CallOptions, RouteClient } from "./transport/route-client.ts";

export type CreateConnectionOptions = BodyInput<typeof apiRoutes.createConnection>;
export interface ConnectionListOptions {
  readonly project?: string;
  readonly provider?: string;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
  readonly limit?: number;
}

/** The provider may take its time. In milliseconds. */
const REFRESH_MS = 90_000;

/** `/v1/connections`: stored credentials of accounts. */
export class Connections {
  readonly #client: RouteClient;

  constructor(client: RouteClient) {
    this.#client = client;
  }

  /** CONNECTION_LIMIT, VAULT_LOCKED, VAULT_KEY_WRONG. */
  create(request: CreateConnectionOptions, options?: CallOptions): Promise<Connection> {
    return this.#client.call(apiRoutes.createConnection, { body: request }, options);
  }

  /** One page, newest first. */
  list(
    query: ConnectionListOptions = {},
    options?: CallOptions,
  ): Promise<ReplyOf<typeof apiRoutes.listConnections>> {
    return this.#client.call(apiRoutes.listConnections, { query: { ...query } }, options);
  }

  /** CONNECTION_NOT_FOUND. */
  get(id: string, options?: CallOptions): Promise<Connection> {
    return this.#client.call(apiRoutes.getConnection, { params: { id } }, options);
  }

  async remove(id: string, options?: CallOptions): Promise<void> {
    await this.#client.call(apiRoutes.removeConnection, { params: { id } }, options);
  }

  /** An access token that is good for a minute at least. CONNECTION_NEEDS_USER, PROVIDER_DOWN. */
  token(id: string, options?: CallOptions): Promise<AccessToken> {
    const slow = { timeoutMs: REFRESH_MS, ...options };
    return this.#client.call(apiRoutes.connectionToken, { params: { id } }, slow);
  }

  /** Fresh tokens from the provider, now. */
  refresh(id: string, options?: CallOptions): Promise<Connection> {
    const slow = { timeoutMs: REFRESH_MS, ...options };
    return this.#client.call(apiRoutes.refreshConnection, { params: { id } }, slow);
  }

  /** Puts its files into the home of a session's VM, or its cookies into the browser; answers the paths of files. */
  async use(id: string, sessionId: string, options?: CallOptions): Promise<readonly string[]> {
    return (await this.bring(id, sessionId, options)).paths;
  }

  /** As `use`, and says what the browser took. SESSION_NOT_READY, BROWSER_UNAVAILABLE. */
  bring(
    id: string,
    sessionId: string,
    options?: CallOptions,
  ): Promise<ReplyOf<typeof apiRoutes.useConnection>> {
    const body = { connectionId: ConnectionId.parse(id) };
    const slow = { timeoutMs: REFRESH_MS, ...options };
    return this.#client.call(apiRoutes.useConnection, { params: { id: sessionId }, body }, slow);
  }
}
