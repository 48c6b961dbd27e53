import { BrowserVmError, type OAuthSettings } from "@browservm/contract";
import type { Recipe } from "../recipe.ts";
import { oauthCode } from "./oauth-code.ts";
import { oauthDevice } from "./oauth-device.ts";

/** OAuth 2 and OpenID Connect, by the flow that is asked for. */
export function oauth(settings: OAuthSettings): Recipe {
  const recipe = settings.flow === "code" ? oauthCode(settings) : oauthDevice(settings);
  return { ...recipe, refusal: () => refusalOf(settings) };
}

function refusalOf({ client, flow, authorizationEndpoint, deviceEndpoint }: OAuthSettings) {
  if (client.issuer !== undefined) return undefined;
  const first = flow === "code" ? authorizationEndpoint : deviceEndpoint;
  if (first !== undefined) return undefined;
  const missing = flow === "code" ? "authorizationEndpoint" : "deviceEndpoint";
  return new BrowserVmError("SIGNIN_SETTINGS_INVALID", `without an issuer, ${missing} must be given`);
}
