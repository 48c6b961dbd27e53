import { BrowserVmError, type OAuthSettings } from "@browservm/contract";
import {
  allowInsecureRequests,
  Configuration,
  type CustomFetch,
  customFetch,
  discovery,
} from "openid-client";
import { authentication } from "../../vault/provider.ts";
import { boundedFetch } from "../../vault/provider-fetch.ts";
import { explainRefusal } from "../../vault/provider-refusal.ts";

/** Each request to a provider, in seconds. */
const REQUEST_S = 15;

/** The provider as openid-client knows it, and asks it by `ask` once it is discovered. PROVIDER_DOWN, SIGNIN_SETTINGS_INVALID. */
export async function configure(
  settings: OAuthSettings,
  signal: AbortSignal,
  ask: CustomFetch = boundedFetch(signal),
): Promise<Configuration> {
  const { client } = settings;
  const { issuer, tokenEndpoint } = client;
  const isPlain = (issuer ?? tokenEndpoint ?? "").startsWith("http:");
  const config = mustDiscover(settings)
    ? await discover(settings, signal, isPlain)
    : new Configuration(endpointsOf(settings), client.clientId, undefined, authentication(client));
  config[customFetch] = ask;
  if (isPlain) allowInsecureRequests(config);
  config.timeout = REQUEST_S;
  return config;
}

/** Endpoints that are given go before those that are discovered. */
function mustDiscover({ client, authorizationEndpoint, deviceEndpoint, flow }: OAuthSettings): boolean {
  const first = flow === "code" ? authorizationEndpoint : deviceEndpoint;
  return client.issuer !== undefined && (client.tokenEndpoint === undefined || first === undefined);
}

async function discover(
  settings: OAuthSettings,
  signal: AbortSignal,
  isPlain: boolean,
): Promise<Configuration> {
  const { client } = settings;
  const options = {
    execute: isPlain ? [allowInsecureRequests] : [],
    [customFetch]: boundedFetch(signal),
    timeout: REQUEST_S,
  };
  try {
    const found = await discovery(
      new URL(client.issuer ?? ""),
      client.clientId,
      undefined,
      authentication(client),
      options,
    );
    const { supportsPKCE: _, ...metadata } = found.serverMetadata();
    const server = { ...metadata, ...endpointsOf(settings), issuer: metadata.issuer };
    return new Configuration(server, client.clientId, undefined, authentication(client));
  } catch (error) {
    if (signal.aborted) throw error;
    const { reason } = explainRefusal(error);
    throw new BrowserVmError("PROVIDER_DOWN", `${client.issuer} could not be discovered: ${reason}`, {
      reason,
    });
  }
}

function endpointsOf({ client, authorizationEndpoint, deviceEndpoint }: OAuthSettings) {
  const { issuer, tokenEndpoint } = client;
  return {
    issuer: issuer ?? new URL(tokenEndpoint ?? "").origin,
    ...(tokenEndpoint ? { token_endpoint: tokenEndpoint } : {}),
    ...(authorizationEndpoint ? { authorization_endpoint: authorizationEndpoint } : {}),
    ...(deviceEndpoint ? { device_authorization_endpoint: deviceEndpoint } : {}),
  };
}
