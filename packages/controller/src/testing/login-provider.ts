import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Provider as OidcProvider } from "oidc-provider";
import { LoginPages } from "./login-pages.ts";
import { quietly } from "./test-provider.ts";

const CLIENT = { clientId: "app", clientSecret: "client-secret-of-the-app" };
const PATH = "/callback";

export interface LoginProviderOptions {
  /** The address that it listens at, and that its issuer names. */
  readonly address?: string;
  /** In PEM; without it, plain HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** `oidc-provider` at which people sign in by its pages: authorization code with PKCE, device flow, rotation. */
export class LoginProvider implements AsyncDisposable {
  readonly client = CLIENT;
  readonly issuer: string;
  readonly oidc: OidcProvider;
  readonly pages: LoginPages;
  /** Instead of the provider's answer at its token endpoint; undefined leaves it to the provider. */
  misbehave: ((response: ServerResponse, request: IncomingMessage) => boolean | Promise<boolean>) | undefined;
  /** Looks at every request first, and may keep it, or its answer, as long as it wants. `/held/KEY/…` is `/…`. */
  keep: ((path: string, response: ServerResponse) => Promise<void>) | undefined;
  readonly #server: Server;

  private constructor(server: Server, oidc: OidcProvider, issuer: string) {
    this.#server = server;
    this.oidc = oidc;
    this.issuer = issuer;
    const pages = new LoginPages(oidc);
    this.pages = pages;
    const answer = oidc.callback();
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      void (async () => {
        await this.keep?.(request.url ?? "", response);
        request.url = request.url?.replace(/^\/held\/[^/]+/, "") ?? "";
        if (request.url === "/token" && (await this.misbehave?.(response, request))) return;
        if (!(await pages.answer(request, response))) await answer(request, response);
      })().catch((error: unknown) => {
        // Who asked may have been killed meanwhile.
        if (!response.headersSent) response.writeHead(500).end(String(error));
      });
    });
  }

  static async start({ address = "127.0.0.1", tls }: LoginProviderOptions = {}): Promise<LoginProvider> {
    const server = tls ? createTlsServer(tls) : createServer();
    await new Promise<void>((resolve) => server.listen(0, address, resolve));
    const { port } = server.address() as AddressInfo;
    const issuer = `http${tls ? "s" : ""}://${address}:${port}`;
    const { Provider } = await quietly(() => import("oidc-provider"));
    return new LoginProvider(server, await quietly(async () => new Provider(issuer, settings())), issuer);
  }

  /** Whether an access token is one of its own, and alive. */
  async knows(accessToken: string): Promise<boolean> {
    return (await this.oidc.AccessToken.find(accessToken)) !== undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function settings(): ConstructorParameters<typeof OidcProvider>[1] {
  return {
    clients: [
      {
        client_id: CLIENT.clientId,
        client_secret: CLIENT.clientSecret,
        // Its answers come to any port of a loopback address (RFC 8252).
        application_type: "native",
        grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
        redirect_uris: [`http://127.0.0.1${PATH}`, `http://localhost${PATH}`],
      },
    ],
    findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id, email: id }) }),
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    cookies: { keys: ["of a test"] },
    rotateRefreshToken: true,
    pkce: { required: () => true },
    ttl: {
      AccessToken: 3600,
      IdToken: 3600,
      RefreshToken: 86_400,
      Grant: 86_400,
      Session: 86_400,
      Interaction: 3600,
    },
    features: { devInteractions: { enabled: false }, deviceFlow: { enabled: true } },
  };
}
