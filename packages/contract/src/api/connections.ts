import { z } from "zod";
import { ProjectName } from "../access.ts";
import { route } from "../define-route.ts";
import { browserState } from "../guest/browser-state.ts";
import { ExecRequest } from "../host/routes.ts";
import { SecretFiles } from "../host/secrets.ts";
import { ConnectionId, SessionId } from "../ids.ts";
import { isProviderUrl } from "./provider-url.ts";

const Params = z.object({ id: ConnectionId });
const Empty = z.object({});

/**
 * How a connection is: `expiring` in a day at most, and nothing can renew it; `expired`, the same, afterwards; `revoked`:
 * the provider took it back; `refresh_reused`: its refresh token was used up without our keeping the next one;
 * `needs_user`: the provider wants a person, or other client settings; `provider_down`: it does not answer as it should.
 */
export const ConnectionHealth = z.enum([
  "ok",
  "expiring",
  "expired",
  "revoked",
  "refresh_reused",
  "needs_user",
  "provider_down",
]);
export type ConnectionHealth = z.infer<typeof ConnectionHealth>;

export const ConnectionKind = z.enum(["oauth", "files", "cookies"]);
export type ConnectionKind = z.infer<typeof ConnectionKind>;

/** What is told of a connection: never a secret. */
export const Connection = z.object({
  id: ConnectionId,
  kind: ConnectionKind,
  project: z.string(),
  provider: z.string(),
  /** Whose account it is. */
  subject: z.string().nullable(),
  scopes: z.array(z.string()),
  /** Of what it yields now; a refresh token outlives that. */
  expiresAt: z.iso.datetime().nullable(),
  health: ConnectionHealth,
  /** More about the health, in words of ours. */
  healthReason: z.string().nullable(),
  healthAt: z.iso.datetime(),
  /** It is of no use until somebody signs in again. */
  needsUser: z.boolean(),
  createdAt: z.iso.datetime(),
  usedAt: z.iso.datetime().nullable(),
  /** When its secret last changed. */
  rotatedAt: z.iso.datetime().nullable(),
});
export type Connection = z.infer<typeof Connection>;

/** Visible ASCII, as RFC 6749 (appendix A) has it for tokens. */
export const token = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[\x20-\x7e]+$/, "not visible ASCII");
/** An address that secrets may be sent to. */
export const ProviderUrl = z
  .url()
  .max(1000)
  .refine(
    isProviderUrl,
    "must be https, or http on this machine's loopback, and without user, query and fragment",
  );

export const ProviderName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,59}$/);
/** Whose account it is. */
export const SubjectName = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}]*$/u);
const common = {
  /** Whose it is: the caller's project, where it has one, else `default`. Only sessions of that project use it. */
  project: ProjectName.optional(),
  provider: ProviderName,
  subject: SubjectName.optional(),
};

/** Who asks a provider for tokens, and where. */
export const OAuthClient = z.strictObject({
  /** Asked for its token endpoint (OpenID discovery), unless that is given. */
  issuer: ProviderUrl.optional(),
  tokenEndpoint: ProviderUrl.optional(),
  clientId: token(500),
  clientSecret: token(2000).optional(),
  /** How the client proves itself. */
  authentication: z.enum(["basic", "post"]).default("basic"),
});

const OAuthTokens = z.strictObject({
  accessToken: token(16_384),
  refreshToken: token(16_384).optional(),
  expiresAt: z.iso.datetime().optional(),
  scopes: z.array(token(200)).max(100).default([]),
});

/** An OAuth token set with what refreshes it. */
export const CreateOAuth = z.strictObject({
  kind: z.literal("oauth"),
  ...common,
  client: OAuthClient.refine(
    ({ issuer, tokenEndpoint }) => issuer !== undefined || tokenEndpoint !== undefined,
    "name the issuer or the token endpoint",
  ),
  tokens: OAuthTokens,
});
export type CreateOAuth = z.infer<typeof CreateOAuth>;

/** Credential files of a command-line tool. */
export const CreateFiles = z.strictObject({
  kind: z.literal("files"),
  ...common,
  files: SecretFiles,
  expiresAt: z.iso.datetime().optional(),
});

/** State of a browser for some origins. */
export const CreateCookies = z.strictObject({
  kind: z.literal("cookies"),
  ...common,
  ...browserState().shape,
  expiresAt: z.iso.datetime().optional(),
});

export const CreateConnection = z.discriminatedUnion("kind", [CreateOAuth, CreateFiles, CreateCookies]);
export type CreateConnection = z.infer<typeof CreateConnection>;

/** Name of a variable that a token may be given in; not one that changes how programs are loaded. */
const TokenVariable = z.string().regex(/^(?!LD_|PATH$|NODE_OPTIONS$|BASH_ENV$|ENV$)[A-Z_][A-Z0-9_]{0,99}$/);

/** A command, and access tokens that it finds in its environment and nothing else does. */
export const ExecWithConnections = ExecRequest.extend({
  connections: z
    .record(TokenVariable, ConnectionId)
    .refine((map) => Object.keys(map).length <= 8, "more than 8 connections")
    .optional(),
});
export type ExecWithConnections = z.infer<typeof ExecWithConnections>;

export const AccessToken = z.object({
  accessToken: z.string(),
  tokenType: z.literal("Bearer"),
  expiresAt: z.iso.datetime().nullable(),
  scopes: z.array(z.string()),
});
export type AccessToken = z.infer<typeof AccessToken>;

/** What a browser took of a connection's state, and how many cookies it refused. */
export const TakenState = z.object({ cookies: z.int(), origins: z.int(), refusedCookies: z.int() });
export type TakenState = z.infer<typeof TakenState>;

const UNUSABLE = ["VAULT_LOCKED", "VAULT_KEY_WRONG", "VAULT_KEY_UNUSABLE", "SECRET_ALTERED"] as const;
/** Why there is no token of a connection. */
export const TOKEN_ERRORS = [
  ...UNUSABLE,
  "CONNECTION_NOT_FOUND",
  "CONNECTION_NEEDS_USER",
  "CONNECTION_UNSUITABLE",
  "PROVIDER_DOWN",
] as const;

/** Stored credentials of accounts: made, listed, used, deleted. Their secrets go in here and come out nowhere but as told. */
export const connectionRoutes = {
  createConnection: route({
    method: "POST",
    path: "/v1/connections",
    summary: "Store credentials: an OAuth token set, files, or a browser's state",
    access: "connections:write",
    body: CreateConnection,
    reply: Connection,
    status: 201,
    errors: [...UNUSABLE, "CONNECTION_LIMIT"],
  }),
  listConnections: route({
    method: "GET",
    path: "/v1/connections",
    summary: "List connections, newest first; never their secrets",
    access: "connections:read",
    query: z.object({
      provider: common.provider.optional(),
      project: ProjectName.optional(),
      cursor: ConnectionId.optional(),
      limit: z.coerce.number().int().min(1).max(100).default(50),
    }),
    reply: z.object({ data: z.array(Connection), nextCursor: z.string().nullable() }),
    errors: ["CONNECTION_NOT_FOUND"],
  }),
  getConnection: route({
    method: "GET",
    path: "/v1/connections/:id",
    summary: "One connection; never its secret",
    access: "connections:read",
    params: Params,
    reply: Connection,
    errors: ["CONNECTION_NOT_FOUND"],
  }),
  removeConnection: route({
    method: "DELETE",
    path: "/v1/connections/:id",
    summary: "Forget a connection and its secret; the provider is not told",
    access: "connections:write",
    params: Params,
    reply: Empty,
    errors: ["CONNECTION_NOT_FOUND"],
  }),
  connectionToken: route({
    method: "POST",
    path: "/v1/connections/:id/token",
    summary:
      "An access token that is good for a minute at least, refreshed when needed; every call is audited",
    access: "connections:token",
    params: Params,
    reply: AccessToken,
    errors: TOKEN_ERRORS,
  }),
  refreshConnection: route({
    method: "POST",
    path: "/v1/connections/:id/refresh",
    summary: "Get fresh tokens from the provider now",
    access: "connections:write",
    params: Params,
    reply: Connection,
    errors: TOKEN_ERRORS,
  }),
  useConnection: route({
    method: "POST",
    path: "/v1/sessions/:id/connections",
    summary:
      "Put a connection's files into the home of a session's VM, or its cookies and storage into the browser",
    access: "connections:token",
    params: z.object({ id: SessionId }),
    body: z.strictObject({ connectionId: ConnectionId }),
    reply: z.object({
      connectionId: ConnectionId,
      /** Of files. */
      paths: z.array(z.string()),
      /** What the browser took; null where the connection holds no state of one. */
      browser: TakenState.nullable().default(null),
    }),
    errors: [
      "BROWSER_UNAVAILABLE",
      ...UNUSABLE,
      "SESSION_NOT_FOUND",
      "SESSION_NOT_READY",
      "CONNECTION_NOT_FOUND",
      "CONNECTION_UNSUITABLE",
      "GUEST_CALL_FAILED",
    ],
  }),
} as const;
