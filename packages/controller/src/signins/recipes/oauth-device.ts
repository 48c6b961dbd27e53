import { BrowserVmError, isProviderUrl, type OAuthSettings } from "@browservm/contract";
import { type CustomFetch, initiateDeviceAuthorization, pollDeviceAuthorizationGrant } from "openid-client";
import { z } from "zod";
import { boundedFetch } from "../../vault/provider-fetch.ts";
import type { Prepared, Recipe, RecipeWork } from "../recipe.ts";
import { explainExchange, providerError } from "./oauth-answer.ts";
import { configure } from "./oauth-client.ts";
import { toCaptured } from "./oauth-tokens.ts";

/** RFC 8628, section 3.2. */
const Flow = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  expires_in: z.number(),
  interval: z.number().default(5),
  expires_at: z.iso.datetime(),
});
type Flow = z.infer<typeof Flow>;

/** Section 3.5. */
const SlowDown = z.object({ error: z.literal("slow_down") });

/** How much later a provider is asked that did not answer, as after `slow_down` (section 3.5). */
const SLOWER_S = 5;
/** Longer than a sign-in may take; a timer knows no month. */
const MOST_S = 86_400;

/** A code for a device (RFC 8628): the person types what we show, and we ask until the provider has tokens. */
export function oauthDevice(settings: OAuthSettings): Recipe {
  return {
    kind: "oauth",
    captures: ["The access token", "The refresh token, if the provider gives one", "The account's name"],
    leaves: ["Your password and second factor", "Cookies and history of the browser: its VM is destroyed"],
    carriesOn: ["awaiting_user"],
    prepare: (work) => prepare(settings, work),
    awaitUser: async (work, flow) => {
      const tokens = await poll(settings, Flow.parse(flow), work);
      return async () => toCaptured(settings, tokens);
    },
  };
}

/**
 * Asks until there are tokens or a word that ends it; a provider that is away for a moment is asked again, later. Once it
 * was asked to slow down it stays so, also after a restart.
 */
async function poll(settings: OAuthSettings, flow: Flow, { signal, keepFlow }: RecipeWork) {
  let { interval } = flow;
  const slowDown = async () => {
    interval += SLOWER_S;
    await keepFlow({ ...flow, interval });
  };
  const config = await configure(settings, signal, onSlowDown(boundedFetch(signal), slowDown));
  // With a signal of ours the library does not look at the code's own time.
  const over = AbortSignal.timeout(Math.max(0, Date.parse(flow.expires_at) - Date.now()));
  const ends = AbortSignal.any([signal, over]);
  for (;;) {
    try {
      return await pollDeviceAuthorizationGrant(config, { ...flow, interval }, {}, { signal: ends });
    } catch (error) {
      signal.throwIfAborted();
      if (over.aborted) throw providerError("expired_token");
      const told = explainExchange(error);
      if (told.code !== "PROVIDER_DOWN") throw told;
    }
    interval += SLOWER_S;
  }
}

/** The library slows down by itself, and forgets that when a connection breaks. */
function onSlowDown(ask: CustomFetch, isTold: () => Promise<void>): CustomFetch {
  return async (url, options) => {
    const reply = await ask(url, options);
    if (reply.status === 400 && (await saysSlowDown(reply.clone()))) await isTold();
    return reply;
  };
}

const saysSlowDown = async (reply: Response): Promise<boolean> =>
  SlowDown.safeParse(await reply.json().catch(() => undefined)).success;

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
  const expiresAt = new Date(Date.now() + Math.min(answer.expires_in, MOST_S) * 1000).toISOString();
  return { flow: Flow.parse({ ...answer, expires_at: expiresAt }), guide, open: whole };
}

const isShown = (text: string) => {
  if (!URL.canParse(text)) return false;
  const { origin, pathname } = new URL(text);
  return isProviderUrl(origin + pathname);
};
