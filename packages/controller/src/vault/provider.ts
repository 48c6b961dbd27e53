import {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  type CustomFetch,
  customFetch,
  discovery,
  None,
  refreshTokenGrant,
} from "openid-client";
import type { OAuthSecret } from "./connection-secret.ts";
import { boundedFetch } from "./provider-fetch.ts";
import { explainRefusal, neverSent, type Refusal } from "./provider-refusal.ts";

/** What a provider gave for a refresh token. */
export interface FreshTokens {
  readonly is: "tokens";
  readonly accessToken: string;
  /** Null: the one that was sent stays good. */
  readonly refreshToken: string | null;
  readonly expiresInSeconds: number | null;
  readonly scopes: readonly string[] | null;
}

export type RefreshAnswer = FreshTokens | Refusal;

/** A refresh that is ready to be sent: everything that does not need the refresh token was done. */
export type SendRefresh = () => Promise<RefreshAnswer>;

/** Speaks to providers. Never throws what a provider said: that could hold a token. */
export interface Provider {
  prepare(secret: OAuthSecret, signal: AbortSignal): Promise<SendRefresh | Refusal>;
}

/** Each request, in seconds. */
const REQUEST_S = 15;

/** OAuth 2 providers, by openid-client. */
export class OpenIdProvider implements Provider {
  readonly #requestSeconds: number;

  constructor(requestSeconds = REQUEST_S) {
    this.#requestSeconds = requestSeconds;
  }

  async prepare({ client, refreshToken }: OAuthSecret, signal: AbortSignal): Promise<SendRefresh | Refusal> {
    if (refreshToken === null) return { is: "user", reason: "there is no refresh token" };
    try {
      const config = await this.#configure(client, signal);
      return () => send(config, refreshToken);
    } catch (error) {
      // Nothing was sent that could be used up.
      return neverSent(explainRefusal(error));
    }
  }

  async #configure(client: OAuthSecret["client"], signal: AbortSignal): Promise<Configuration> {
    const { issuer, tokenEndpoint, clientId } = client;
    const fetch = boundedFetch(signal);
    const isPlain = (tokenEndpoint ?? issuer ?? "").startsWith("http:");
    const config =
      tokenEndpoint === undefined && issuer !== undefined
        ? await discovery(new URL(issuer), clientId, undefined, authentication(client), {
            execute: isPlain ? [allowInsecureRequests] : [],
            [customFetch]: fetch,
            timeout: this.#requestSeconds,
          })
        : known(client, fetch);
    if (isPlain) allowInsecureRequests(config);
    config.timeout = this.#requestSeconds;
    return config;
  }
}

function known(client: OAuthSecret["client"], fetch: CustomFetch): Configuration {
  const endpoint = client.tokenEndpoint ?? "";
  const server = { issuer: client.issuer ?? new URL(endpoint).origin, token_endpoint: endpoint };
  const config = new Configuration(server, client.clientId, undefined, authentication(client));
  config[customFetch] = fetch;
  return config;
}

/** How a client proves itself. */
export function authentication({ clientSecret, authentication }: OAuthSecret["client"]) {
  if (clientSecret === undefined) return None();
  return authentication === "post" ? ClientSecretPost(clientSecret) : ClientSecretBasic(clientSecret);
}

async function send(config: Configuration, refreshToken: string): Promise<RefreshAnswer> {
  try {
    const answer = await refreshTokenGrant(config, refreshToken);
    return {
      is: "tokens",
      accessToken: answer.access_token,
      refreshToken: answer.refresh_token ?? null,
      expiresInSeconds: answer.expires_in ?? null,
      scopes: answer.scope === undefined ? null : answer.scope.split(" ").filter(Boolean),
    };
  } catch (error) {
    return explainRefusal(error);
  }
}
