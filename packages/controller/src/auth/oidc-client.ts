import { readFile, stat } from "node:fs/promises";
import { BrowserVmError, type OidcSettings } from "@browservm/contract";
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientSecretBasic,
  type Configuration,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
} from "openid-client";
import { z } from "zod";
import { boundedFetch } from "../vault/provider-fetch.ts";
import { explainRefusal } from "../vault/provider-refusal.ts";

const REQUEST_S = 15;
/** Discovery, token and user info together, in milliseconds. */
const ALL_MS = 45_000;

/** What ties an answer of the provider to the request that we made. */
export interface Proofs {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** What is believed of an ID token and the user info that belongs to it. */
const Claims = z.looseObject({
  sub: z.string().min(1).max(255),
  email: z.email().max(254).toLowerCase().optional(),
  email_verified: z.boolean().optional(),
  name: z.string().optional(),
});
export type Claims = z.infer<typeof Claims>;

/** Our side of OpenID Connect, by openid-client: authorization code with PKCE, state and nonce. */
export class OidcClient {
  readonly #settings: OidcSettings;

  constructor(settings: OidcSettings) {
    this.#settings = settings;
  }

  /** Where to send a person. OIDC_UNAVAILABLE. */
  async authorizationUrl(proofs: Proofs, redirectUri: string): Promise<URL> {
    const config = await this.#configure();
    return buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: "openid email profile",
      state: proofs.state,
      nonce: proofs.nonce,
      code_challenge: await calculatePKCECodeChallenge(proofs.verifier),
      code_challenge_method: "S256",
    });
  }

  /** Who it is, as the provider says. OIDC_REFUSED when its answer is not one to our request; OIDC_UNAVAILABLE. */
  async claims(answer: URL, { state, nonce, verifier }: Proofs): Promise<Claims> {
    const config = await this.#configure();
    try {
      const tokens = await authorizationCodeGrant(config, answer, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const told = tokens.claims();
      const isShort = told?.email === undefined && config.serverMetadata().userinfo_endpoint !== undefined;
      // Many providers tell the address there only; the subject must be the same.
      const more = isShort && told ? await fetchUserInfo(config, tokens.access_token, told.sub) : {};
      return Claims.parse({ ...more, ...told });
    } catch (error) {
      throw refused(error);
    }
  }

  async #configure(): Promise<Configuration> {
    const { issuer, clientId } = this.#settings;
    const isPlain = issuer.startsWith("http:");
    const secret = await this.#secret();
    try {
      return await discovery(
        new URL(issuer),
        clientId,
        undefined,
        secret === undefined ? None() : ClientSecretBasic(secret),
        {
          // The signature is checked too, not only the connection that the token came by.
          execute: [enableNonRepudiationChecks, ...(isPlain ? [allowInsecureRequests] : [])],
          [customFetch]: boundedFetch(AbortSignal.timeout(ALL_MS)),
          timeout: REQUEST_S,
        },
      );
    } catch (error) {
      const { reason } = explainRefusal(error);
      throw new BrowserVmError("OIDC_UNAVAILABLE", `the provider: ${reason}`, {}, { cause: error });
    }
  }

  /** Read anew each time, so that it can be replaced without a restart. */
  async #secret(): Promise<string | undefined> {
    const path = this.#settings.clientSecretFrom.replace(/^file:/, "");
    if (path === "") return undefined;
    try {
      const { mode } = await stat(path);
      if ((mode & 0o077) !== 0) throw new Error("others may read it: its mode must be 0600");
      return (await readFile(path, "utf8")).trim();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new BrowserVmError("OIDC_UNAVAILABLE", `the client secret's file: ${why}`);
    }
  }
}

function refused(error: unknown): BrowserVmError {
  const { is, reason } = explainRefusal(error);
  const isDown = is === "down" && !/OAUTH_/.test(reason) && !(error instanceof z.ZodError);
  return new BrowserVmError(
    isDown ? "OIDC_UNAVAILABLE" : "OIDC_REFUSED",
    `the provider's answer: ${reason}`,
    {},
    { cause: error },
  );
}
