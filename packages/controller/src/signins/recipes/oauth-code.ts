import { BrowserVmError, type OAuthSettings } from "@browservm/contract";
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from "openid-client";
import { z } from "zod";
import type { Capture, Prepared, Recipe, RecipeWork } from "../recipe.ts";
import { checkAnswer, explainExchange } from "./oauth-answer.ts";
import { configure } from "./oauth-client.ts";
import { toCaptured } from "./oauth-tokens.ts";

const Flow = z.object({
  redirectUri: z.string(),
  verifier: z.string(),
  state: z.string(),
  /** Null without an ID token to put it in. */
  nonce: z.string().nullable(),
});
type Flow = z.infer<typeof Flow>;

/** Authorization code with PKCE (RFC 7636, 8252): the browser in the VM brings the code to the VM's own localhost. */
export function oauthCode(settings: OAuthSettings): Recipe {
  return {
    kind: "oauth",
    captures: ["The access token", "The refresh token, if the provider gives one", "The account's name"],
    leaves: ["Your password and second factor", "Cookies and history of the browser: its VM is destroyed"],
    carriesOn: ["awaiting_user"],
    prepare: (work) => prepare(settings, work),
    awaitUser: async (work, kept) => {
      const flow = Flow.parse(kept);
      const { port } = new URL(flow.redirectUri);
      // After a restart it must be there anew, at the address that the provider was told.
      await work.guest.listen({ ...settings.redirect, port: Number(port) });
      return capture(settings, work, flow, await work.guest.awaitAnswer());
    },
  };
}

async function prepare(settings: OAuthSettings, { guest, signal }: RecipeWork): Promise<Prepared> {
  // Side by side: the provider may be far away, and in an emulated guest a listener takes seconds to start.
  const [config, redirectUri] = await Promise.all([
    configure(settings, signal),
    guest.listen(settings.redirect),
  ]);
  const flow: Flow = {
    redirectUri: mustBeLocal(settings, redirectUri),
    verifier: randomPKCECodeVerifier(),
    state: randomState(),
    nonce: settings.scopes.includes("openid") ? randomNonce() : null,
  };
  const url = (await authorizationUrl(config, settings, flow)).href;
  const text = "Sign in here. We go on by ourselves as soon as the provider has sent you back.";
  return { flow, guide: { text, url, userCode: null, needsConfirm: false }, open: url };
}

async function authorizationUrl(config: Configuration, settings: OAuthSettings, flow: Flow): Promise<URL> {
  const { scopes, audience, resource, parameters } = settings;
  if (config.serverMetadata().authorization_endpoint === undefined)
    throw new BrowserVmError(
      "SIGNIN_SETTINGS_INVALID",
      "no authorizationEndpoint is known: give it, or an issuer",
    );
  return buildAuthorizationUrl(config, {
    ...parameters,
    redirect_uri: flow.redirectUri,
    state: flow.state,
    code_challenge: await calculatePKCECodeChallenge(flow.verifier),
    code_challenge_method: "S256",
    ...(scopes.length > 0 ? { scope: scopes.join(" ") } : {}),
    ...(flow.nonce === null ? {} : { nonce: flow.nonce }),
    ...(audience === undefined ? {} : { audience }),
    ...(resource === undefined ? {} : { resource }),
  });
}

function capture(settings: OAuthSettings, { signal }: RecipeWork, flow: Flow, parameters: Answer): Capture {
  return async () => {
    const answer = answerAt(flow.redirectUri, parameters);
    const config = await configure(settings, signal);
    const { issuer, authorization_response_iss_parameter_supported: namesIssuer } = config.serverMetadata();
    checkAnswer(answer, { state: flow.state, issuer, namesIssuer: namesIssuer === true });
    const { resource } = settings;
    const checks = {
      expectedState: flow.state,
      pkceCodeVerifier: flow.verifier,
      ...(flow.nonce === null ? {} : { expectedNonce: flow.nonce }),
    };
    const tokens = await authorizationCodeGrant(
      config,
      answer,
      checks,
      resource === undefined ? {} : { resource },
    ).catch((error: unknown) => {
      throw explainExchange(error);
    });
    return toCaptured(settings, tokens);
  };
}

type Answer = Readonly<Record<string, string>>;

function answerAt(redirectUri: string, parameters: Answer): URL {
  const answer = new URL(redirectUri);
  for (const [name, value] of Object.entries(parameters)) answer.searchParams.append(name, value);
  return answer;
}

/** The guest chooses the port, and nothing else of where a code is sent. */
function mustBeLocal({ redirect }: OAuthSettings, redirectUri: string): string {
  const { host, path, port: wanted } = redirect;
  const port = URL.canParse(redirectUri) ? Number(new URL(redirectUri).port) : 0;
  const isAsked = wanted === 0 ? port > 0 : port === wanted;
  if (redirectUri !== `http://${host}:${port}${path}` || !isAsked)
    throw new BrowserVmError("SIGNIN_GUEST_FAILED", "the guest listens where it was not asked to");
  return redirectUri;
}
