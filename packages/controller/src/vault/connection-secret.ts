import {
  type CreateConnection,
  CreateCookies,
  CreateFiles,
  CreateOAuth,
  SigninSettings,
} from "@browservm/contract";
import { z } from "zod";
import type { Secret } from "./secret.ts";

/** How it was signed in, so that it can be done again. Sealed, for a client's secret is in it. */
const signedIn = { signin: SigninSettings.optional() };

const OAuthSecret = z.object({
  kind: z.literal("oauth"),
  /** Sealed too: who could change where the refresh token is sent would get it. */
  client: CreateOAuth.shape.client,
  accessToken: z.string(),
  refreshToken: z.string().nullable(),
  expiresAt: z.iso.datetime().nullable(),
  obtainedAt: z.iso.datetime(),
  scopes: z.array(z.string()),
  ...signedIn,
});
export type OAuthSecret = z.infer<typeof OAuthSecret>;

/** What is under lock and key, by the kind of the connection. */
const ConnectionSecret = z.discriminatedUnion("kind", [
  OAuthSecret,
  CreateFiles.pick({ kind: true, files: true }).extend(signedIn),
  CreateCookies.pick({ kind: true, cookies: true, storage: true }).extend(signedIn),
]);
export type ConnectionSecret = z.infer<typeof ConnectionSecret>;

/** What a request for a connection brings that must be locked up. */
export function secretOf(request: CreateConnection, now: string): ConnectionSecret {
  if (request.kind === "files") return { kind: "files", files: request.files };
  if (request.kind === "cookies") {
    const { cookies, storage } = request;
    return { kind: "cookies", cookies, storage };
  }
  const { accessToken, refreshToken, expiresAt, scopes } = request.tokens;
  return {
    kind: "oauth",
    client: request.client,
    accessToken,
    refreshToken: refreshToken ?? null,
    expiresAt: expiresAt ?? null,
    obtainedAt: now,
    scopes,
  };
}

/** Bytes to be sealed; whoever has them overwrites them. */
export const encodeSecret = (secret: ConnectionSecret): Buffer => Buffer.from(JSON.stringify(secret), "utf8");

/** The secret from its bytes. Its strings cannot be overwritten: they live until the garbage collector has them. */
export const decodeSecret = (bytes: Secret): ConnectionSecret =>
  bytes.use((plain) => ConnectionSecret.parse(JSON.parse(plain.toString("utf8"))));

/** A token is handed out when it is good for so long at least, in milliseconds; half its life when that is shorter. */
const LEAST_MS = 60_000;

/** Whether its access token can be handed out as it is. */
export function isFresh({ expiresAt, obtainedAt }: OAuthSecret, now: number): boolean {
  if (expiresAt === null) return true;
  const end = Date.parse(expiresAt);
  const half = (end - Date.parse(obtainedAt)) / 2;
  return end - now >= Math.max(0, Math.min(LEAST_MS, half));
}
