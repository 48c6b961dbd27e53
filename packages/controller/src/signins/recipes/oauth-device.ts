import { BrowserVmError, isProviderUrl, type OAuthSettings } from "@browservm/contract";
import { initiateDeviceAuthorization, pollDeviceAuthorizationGrant } from "openid-client";
import { z } from "zod";
import type { Prepared, Recipe, RecipeWork } from "../recipe.ts";
import { explainExchange } from "./oauth-answer.ts";
import { configure } from "./oauth-client.ts";
import { toCaptured } from "./oauth-tokens.ts";

/** RFC 8628, section 3.2. */
const Flow = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  expires_in: z.number(),
  interval: z.number().default(5),
});

/** A code for a device (RFC 8628): the person types what we show, and we ask until the provider has tokens. */
export function oauthDevice(settings: OAuthSettings): Recipe {
  return {
    kind: "oauth",
    captures: ["The access token", "The refresh token, if the provider gives one", "The account's name"],
    leaves: ["Your password and second factor", "Cookies and history of the browser: its VM is destroyed"],
    carriesOn: ["awaiting_user"],
    prepare: (work) => prepare(settings, work),
    awaitUser: async ({ signal }, flow) => {
      const config = await configure(settings, signal);
      const tokens = await pollDeviceAuthorizationGrant(config, Flow.parse(flow), {}, { signal }).catch(
        (error: unknown) => {
          throw signal.aborted ? error : explainExchange(error);
        },
      );
      return async () => toCaptured(settings, tokens);
    },
  };
}

async function prepare(settings: OAuthSettings, { signal }: RecipeWork): Promise<Prepared> {
  const config = await configure(settings, signal);
  if (config.serverMetadata().device_authorization_endpoint === undefined)
    throw new BrowserVmError(
      "SIGNIN_SETTINGS_INVALID",
      "the provider has no device flow: no deviceEndpoint is known",
    );
  const { scopes, audience, resource, parameters } = settings;
  const asked = {
    ...parameters,
    ...(scopes.length > 0 ? { scope: scopes.join(" ") } : {}),
    ...(audience === undefined ? {} : { audience }),
    ...(resource === undefined ? {} : { resource }),
  };
  const answer = await initiateDeviceAuthorization(config, asked).catch((error: unknown) => {
    throw signal.aborted ? error : explainExchange(error);
  });
  const url = answer.verification_uri;
  const whole = answer.verification_uri_complete ?? url;
  if (!isShown(url) || !isShown(whole))
    throw new BrowserVmError("SIGNIN_TOKENS_INVALID", "the provider names no web page to type the code at", {
      reason: "verification_uri",
    });
  const text = "Sign in here and type the code. We go on by ourselves when the provider lets us.";
  const guide = { text, url, userCode: answer.user_code.slice(0, 40), needsConfirm: false };
  return { flow: Flow.parse(answer), guide, open: whole };
}

const isShown = (text: string) => {
  if (!URL.canParse(text)) return false;
  const { origin, pathname } = new URL(text);
  return isProviderUrl(origin + pathname);
};
