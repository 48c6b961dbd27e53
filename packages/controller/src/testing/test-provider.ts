import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Provider as OidcProvider } from "oidc-provider";

/** What a test makes the token endpoint do instead of answering; undefined leaves it to the provider. */
export type Misbehave = (response: ServerResponse, request: IncomingMessage) => boolean | Promise<boolean>;

export interface IssuedTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

const CLIENT = { clientId: "tool", clientSecret: "client-secret-of-the-tool" };
const ACCOUNT = "person@example.org";
const SCOPE = "openid offline_access";

/** `oidc-provider` on loopback: refresh tokens are used once, and a second use ends the grant. */
export class TestProvider implements AsyncDisposable {
  readonly client = CLIENT;
  /** Requests that reached the token endpoint. */
  refreshes = 0;
  /** Grants that were ended because a refresh token came twice. */
  reuses = 0;
  misbehave: Misbehave | undefined;
  readonly #server: Server;
  readonly #oidc: OidcProvider;
  readonly issuer: string;

  private constructor(server: Server, oidc: OidcProvider, issuer: string) {
    this.#server = server;
    this.#oidc = oidc;
    this.issuer = issuer;
    oidc.on("grant.revoked", () => {
      this.reuses += 1;
    });
    const answer = oidc.callback();
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      void this.#answer(request, response, answer);
    });
  }

  static async start(accessSeconds = 3600): Promise<TestProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    // It warns about its own memory store and keys when it is imported and made; both are right for a test.
    const { Provider } = await quietly(() => import("oidc-provider"));
    const oidc = await quietly(async () => new Provider(issuer, settings(accessSeconds)));
    return new TestProvider(server, oidc, issuer);
  }

  /** A grant of its person, as if they had just signed in. */
  async issue(): Promise<IssuedTokens> {
    const oidc = this.#oidc;
    const client = await oidc.Client.find(CLIENT.clientId);
    if (!client) throw new Error("the test's client is not known");
    const grant = new oidc.Grant({ accountId: ACCOUNT, clientId: CLIENT.clientId });
    grant.addOIDCScope(SCOPE);
    const grantId = await grant.save();
    const common = { accountId: ACCOUNT, client, grantId, gty: "authorization_code", scope: SCOPE };
    const refresh = new oidc.RefreshToken({ ...common, expiresWithSession: false } as never);
    const access = new oidc.AccessToken({ ...common, expiresWithSession: false } as never);
    return { refreshToken: await refresh.save(), accessToken: await access.save() };
  }

  /** As if the person had taken it back. */
  async revoke(refreshToken: string): Promise<void> {
    const found = await this.#oidc.RefreshToken.find(refreshToken);
    await found?.destroy();
  }

  /** Whether an access token is one of its own, and alive. */
  async knows(accessToken: string): Promise<boolean> {
    return (await this.#oidc.AccessToken.find(accessToken)) !== undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    answer: (request: IncomingMessage, response: ServerResponse) => unknown,
  ): Promise<void> {
    if (request.url === "/token") {
      this.refreshes += 1;
      if (await this.misbehave?.(response, request)) return;
    }
    await answer(request, response);
  }
}

function settings(accessSeconds: number): ConstructorParameters<typeof OidcProvider>[1] {
  return {
    clients: [
      {
        client_id: CLIENT.clientId,
        client_secret: CLIENT.clientSecret,
        grant_types: ["authorization_code", "refresh_token"],
        redirect_uris: ["http://127.0.0.1/cb"],
      },
    ],
    findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    rotateRefreshToken: true,
    ttl: { AccessToken: accessSeconds, IdToken: 3600, RefreshToken: 86_400, Grant: 86_400, Session: 86_400 },
    features: { devInteractions: { enabled: false } },
  };
}

/** It warns about things that are right for a test. */
export async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const { warn, info } = console;
  const silent = () => {};
  Object.assign(console, { warn: silent, info: silent });
  try {
    return await work();
  } finally {
    Object.assign(console, { warn, info });
  }
}
