import type { OAuthSettings } from "@browservm/contract";
import type { TokenEndpointResponse, TokenEndpointResponseHelpers } from "openid-client";
import type { Captured } from "../recipe.ts";

/** Tokens as a connection keeps them; what the ID token says names the account, and is not kept. */
export function toCaptured(
  settings: OAuthSettings,
  answer: TokenEndpointResponse & TokenEndpointResponseHelpers,
): Captured {
  const { access_token, refresh_token, expires_in, scope } = answer;
  // From our own clock and the provider's length of time: whether their clocks agree does not matter.
  const expiresAt =
    expires_in === undefined ? undefined : new Date(Date.now() + expires_in * 1000).toISOString();
  return {
    credentials: {
      kind: "oauth",
      client: settings.client,
      tokens: {
        accessToken: access_token,
        ...(refresh_token === undefined ? {} : { refreshToken: refresh_token }),
        ...(expiresAt === undefined ? {} : { expiresAt }),
        scopes: scope === undefined ? settings.scopes : scope.split(" ").filter(Boolean),
      },
    },
    subject: subjectIn(settings, answer),
  };
}

function subjectIn({ subjectFrom }: OAuthSettings, answer: TokenEndpointResponseHelpers): string | null {
  const claims = answer.claims();
  const value = claims?.[subjectFrom];
  return typeof value === "string" && value !== "" ? value : null;
}
