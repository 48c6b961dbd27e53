import { BrowserVmError, type Route } from "@browservm/contract";
import type { FastifyRequest } from "fastify";
import type { Authenticator } from "../auth/authenticator.ts";
import { admit, type Principal } from "../auth/principal.ts";
import type { ProjectWall } from "../auth/project-wall.ts";
import type { PublicAddress, RequestAddress } from "../auth/public-address.ts";
import { isSameSecret } from "../auth/secrets.ts";

/** Name of the cookie that a signed-in browser carries. */
export const COOKIE_NAME = "bvm_session";

export interface GuardDeps {
  readonly authenticator: Authenticator;
  readonly address: PublicAddress;
  readonly wall: ProjectWall;
}

/** Lets a request through to its route, or says why not. Runs before the body is read. */
export async function guard(
  deps: GuardDeps,
  route: Route,
  request: FastifyRequest,
): Promise<Principal | undefined> {
  const isChange = route.method !== "GET";
  const isSocket = route.kind === "upgrade";
  const { origin } = request.headers;
  if ((isChange || isSocket) && origin !== undefined) refuseForeign(deps.address, origin, request);
  const principal = await deps.authenticator.identify(credentialsOf(route, request));
  const { id } = request.params as { id?: string };
  admit(route.access, principal, id);
  await deps.wall.mustReach(principal, Object.values(request.params as object));
  // A browser sends its cookie by itself, so a cookie alone proves nothing about who wants the change.
  if (principal?.kind === "cookie" && route.access !== "open") {
    if (isSocket && origin === undefined) throw noOrigin();
    if (isChange) refuseWithoutCsrf(principal, request);
  }
  return principal;
}

/** How the sender addressed us, with X-Forwarded-* where a trusted proxy sent them. */
export function requestAddress(request: FastifyRequest): RequestAddress {
  return {
    protocol: request.protocol,
    host: request.host,
    isForwarded: (request.ips?.length ?? 0) > 1,
  };
}

function credentialsOf(route: Route, { headers, query, cookies }: FastifyRequest) {
  const [, bearer] = /^Bearer (\S+)$/i.exec(headers.authorization ?? "") ?? [];
  const apiKey = headers["x-api-key"];
  const { token } = query as { token?: unknown };
  // Shown but unreadable credentials are wrong credentials, not none.
  const unreadable = headers.authorization === undefined ? undefined : "";
  return {
    bearer: bearer ?? (typeof apiKey === "string" ? apiKey : unreadable),
    queryToken: route.access === "sessions:view" && typeof token === "string" ? token : undefined,
    cookie: cookies[COOKIE_NAME],
  };
}

function refuseForeign(address: PublicAddress, origin: string, request: FastifyRequest): void {
  if (address.isOwnOrigin(origin, requestAddress(request))) return;
  throw new BrowserVmError("ORIGIN_REFUSED", "the page that sent this request is not ours", {
    origin: origin.slice(0, 200),
    own: address.baseUrl(requestAddress(request)),
  });
}

const noOrigin = () => new BrowserVmError("ORIGIN_REFUSED", "a WebSocket with a cookie must say its origin");

function refuseWithoutCsrf({ csrfToken }: Principal, { headers }: FastifyRequest): void {
  const shown = headers["x-csrf-token"];
  if (csrfToken !== null && typeof shown === "string" && isSameSecret(shown, csrfToken)) return;
  throw new BrowserVmError("CSRF_REFUSED", "the header x-csrf-token is missing or wrong");
}
