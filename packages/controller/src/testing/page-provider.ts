import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Provider as OidcProvider } from "oidc-provider";

export interface PersonClaims {
  sub: string;
  email?: string;
  email_verified?: boolean;
  name?: string;
  roles?: string[];
}

export const PAGE_CLIENT = { clientId: "page", clientSecret: "client-secret-of-the-page" };

/** `oidc-provider` on loopback, at whose sign-in page one person is signed in already. */
export class PageProvider implements AsyncDisposable {
  readonly issuer: string;
  person: PersonClaims = { sub: "1", email: "ann@example.org", email_verified: true, name: "Ann" };
  readonly #server: Server;

  private constructor(server: Server, issuer: string) {
    this.#server = server;
    this.issuer = issuer;
  }

  static async start(redirectUri: () => string): Promise<PageProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const made = new PageProvider(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const { warn, info } = console;
    // It warns about its own memory store and keys; both are right for a test.
    Object.assign(console, { warn: () => {}, info: () => {} });
    const { Provider } = await import("oidc-provider");
    const oidc = new Provider(made.issuer, made.#settings(redirectUri()));
    Object.assign(console, { warn, info });
    const answer = oidc.callback();
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      if (request.url?.startsWith("/interaction/")) void made.#interact(oidc, request, response);
      else void answer(request, response);
    });
    return made;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Signs in and consents, as if the person had clicked. */
  async #interact(oidc: OidcProvider, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { prompt, params, grantId } = await oidc.interactionDetails(request, response);
    const accountId = this.person.sub;
    if (prompt.name === "login") {
      await oidc.interactionFinished(request, response, { login: { accountId } });
      return;
    }
    const grant = grantId ? await oidc.Grant.find(grantId) : undefined;
    const given = grant ?? new oidc.Grant({ accountId, clientId: String(params.client_id) });
    given.addOIDCScope("openid email profile");
    await oidc.interactionFinished(request, response, { consent: { grantId: await given.save() } });
  }

  #settings(redirectUri: string): ConstructorParameters<typeof OidcProvider>[1] {
    return {
      clients: [
        {
          client_id: PAGE_CLIENT.clientId,
          client_secret: PAGE_CLIENT.clientSecret,
          redirect_uris: [redirectUri],
        },
      ],
      claims: { email: ["email", "email_verified"], profile: ["name", "roles"], openid: ["sub"] },
      findAccount: (_, id) => ({ accountId: id, claims: async () => ({ ...this.person, sub: id }) }),
      interactions: { url: (_, { uid }) => `/interaction/${uid}` },
      ttl: { AccessToken: 60, IdToken: 60, Interaction: 60, Session: 60, Grant: 60 },
      pkce: { required: () => true },
      features: { devInteractions: { enabled: false } },
    };
  }
}

/** A provider that answers whatever a test wants, with ID tokens that are properly signed. */
export class ForgingProvider implements AsyncDisposable {
  readonly issuer: string;
  /** The ID token's claims, given the nonce that was asked for; `nonce` is learnt from the authorization request. */
  claims: (usual: Record<string, unknown>) => Record<string, unknown> = (usual) => usual;
  nonce = "";
  readonly #server: Server;
  readonly #keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
  /** Another key, for tokens that are not signed by the provider. */
  readonly #foreign = generateKeyPairSync("rsa", { modulusLength: 2048 });
  isForeign = false;

  private constructor(server: Server, issuer: string) {
    this.#server = server;
    this.issuer = issuer;
    server.on("request", (request: IncomingMessage, response: ServerResponse) =>
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify(this.#answer(request.url ?? ""))),
    );
  }

  static async start(): Promise<ForgingProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new ForgingProvider(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(url: string): unknown {
    const { issuer } = this;
    if (url.startsWith("/jwks"))
      return {
        keys: [{ ...this.#keys.publicKey.export({ format: "jwk" }), kid: "1", alg: "RS256", use: "sig" }],
      };
    if (url.startsWith("/token"))
      return { access_token: "a", token_type: "Bearer", expires_in: 60, id_token: this.#idToken() };
    return {
      issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
      authorization_response_iss_parameter_supported: true,
    };
  }

  #idToken(): string {
    const now = Math.floor(Date.now() / 1000);
    const person = { sub: "1", email: "ann@example.org", email_verified: true };
    const usual = { iss: this.issuer, aud: PAGE_CLIENT.clientId, iat: now, exp: now + 60, nonce: this.nonce };
    const { privateKey } = this.isForeign ? this.#foreign : this.#keys;
    return sign({ ...this.claims({ ...usual, ...person }) }, privateKey);
  }
}

function sign(claims: object, key: KeyObject): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "RS256", kid: "1" })}.${part(claims)}`;
  return `${text}.${createSign("RSA-SHA256").update(text).sign(key, "base64url")}`;
}
