import { z } from "zod";
import { HomePath } from "../host/secrets.ts";
import { OAuthClient, ProviderUrl, token } from "./connections.ts";
import { PageUrl } from "./session.ts";

/** Parameters of an authorization request that are ours alone to set. */
const OWN_PARAMETERS = new Set([
  ...["response_type", "response_mode", "client_id", "client_secret", "redirect_uri", "scope", "state"],
  ...["nonce", "code_challenge", "code_challenge_method", "request", "request_uri", "audience", "resource"],
]);

const Parameters = z
  .record(z.string().regex(/^[a-z_][a-z0-9_.-]{0,59}$/i), z.string().max(2000))
  .refine((map) => Object.keys(map).length <= 16, "more than 16 parameters")
  .refine((map) => !Object.keys(map).some((name) => OWN_PARAMETERS.has(name.toLowerCase())), {
    error: "a parameter that is set by ourselves",
  });

/**
 * OAuth 2 and OpenID Connect. `code`: authorization code with PKCE, whose answer is caught on the VM's own localhost;
 * `device`: the person types a code that we show (RFC 8628).
 */
export const OAuthSettings = z.strictObject({
  recipe: z.literal("oauth"),
  flow: z.enum(["code", "device"]).default("code"),
  /** What refreshes the connection later; `issuer` is discovered, else the endpoints must be given. */
  client: OAuthClient,
  authorizationEndpoint: ProviderUrl.optional(),
  deviceEndpoint: ProviderUrl.optional(),
  scopes: z.array(token(200)).max(100).default([]),
  /** For whom the access token shall be: `audience` as many providers have it, `resource` as RFC 8707 has it. */
  audience: token(1000).optional(),
  resource: z.url().max(1000).optional(),
  /** More for the authorization request, e.g. `{"access_type": "offline", "prompt": "consent"}`. */
  parameters: Parameters.default({}),
  /** Where the provider sends the answer to, in the VM. Port 0: any that is free (RFC 8252, section 7.3). */
  redirect: z
    .strictObject({
      host: z.enum(["127.0.0.1", "localhost"]).default("127.0.0.1"),
      port: z.union([z.literal(0), z.int().min(1024).max(65_535)]).default(0),
      path: z
        .string()
        .regex(/^\/[A-Za-z0-9._~/-]{0,200}$/)
        .default("/callback"),
    })
    .prefault({}),
  /** The claim of the ID token that names the account. Only `sub` never changes. */
  subjectFrom: z.enum(["sub", "email", "preferred_username"]).default("sub"),
});
export type OAuthSettings = z.infer<typeof OAuthSettings>;

/** A web login whose cookies and local storage are captured, of the named origins only. */
export const CookiesSettings = z.strictObject({
  recipe: z.literal("cookies"),
  /** The page to sign in at. */
  url: PageUrl,
  origins: z
    .array(
      z
        .url({ protocol: /^https?$/ })
        .refine((text) => new URL(text).origin === text, "an origin and no more"),
    )
    .min(1)
    .max(20),
  /** It is done when the browser has this cookie for one of them; without it, when `confirm` says so. */
  doneCookie: z
    .string()
    .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/)
    .optional(),
});
export type CookiesSettings = z.infer<typeof CookiesSettings>;

/** A regular expression, matched in the guest. */
const Pattern = z
  .string()
  .min(1)
  .max(500)
  .refine((text) => {
    try {
      return Boolean(new RegExp(text, "u"));
    } catch {
      return false;
    }
  }, "no regular expression");
const Argument = z.string().max(4096);
/** A key of a JSON document, or of one in it: `tokens.id_token`. */
const JsonKey = z.string().regex(/^[\w-]{1,60}(\.[\w-]{1,60}){0,5}$/);

/** A command-line tool that signs in through a browser and keeps what it got in files. */
export const CliSettings = z.strictObject({
  recipe: z.literal("cli"),
  /** Run before, as the browser's user; empty: the tool is in the image. */
  install: z.array(Argument).max(64).default([]),
  command: z.array(Argument).min(1).max(64),
  environment: z.record(z.string().regex(/^[A-Z_][A-Z0-9_]{0,99}$/), z.string().max(4096)).default({}),
  /** What is typed, and the return key after it, when the tool's terminal shows something like this. */
  answers: z
    .array(
      z.strictObject({
        when: Pattern,
        type: z.string().max(400),
        /** So often at most, if it is asked again. */
        times: z.int().min(1).max(10).default(1),
      }),
    )
    .max(16)
    .default([]),
  /** The address to sign in at begins so. Others that the tool prints or opens are left alone. */
  urlPrefix: z
    .url({ protocol: /^https?$/ })
    .max(1000)
    .optional(),
  /** Its credentials, below the home. */
  files: z
    .array(
      z.strictObject({
        path: HomePath,
        /** Keys that its JSON must have, as `tokens.access_token`; absent: any bytes. */
        jsonKeys: z.array(JsonKey).max(16).optional(),
        optional: z.boolean().default(false),
      }),
    )
    .min(1)
    .max(16),
  /** Where one of them says whose account it is; with `claim`, that of the JSON Web Token which is there. */
  account: z
    .strictObject({ path: HomePath, key: JsonKey, claim: z.string().min(1).max(100).optional() })
    .optional(),
});
export type CliSettings = z.infer<typeof CliSettings>;

/** How to sign in somewhere: the settings of one recipe. */
export const SigninSettings = z.discriminatedUnion("recipe", [OAuthSettings, CookiesSettings, CliSettings]);
export type SigninSettings = z.infer<typeof SigninSettings>;
export type SigninRecipe = SigninSettings["recipe"];
