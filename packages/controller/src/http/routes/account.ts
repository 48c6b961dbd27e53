import { apiRoutes, type Me } from "@browservm/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Principal } from "../../auth/principal.ts";
import { RateLimit } from "../../auth/rate-limit.ts";
import { COOKIE_NAME, requestAddress } from "../guard.ts";
import type { Parts } from "../parts.ts";
import type { RowServer } from "../serve.ts";

/** Signing in and out, and keys. */
export function serveAccount(rows: RowServer, parts: Parts): void {
  const { authenticator, address } = parts;
  const logins = new RateLimit({ burst: 10, everyMs: 6000 });

  rows.serve(apiRoutes.login, async ({ body, request, reply }) => {
    logins.take(request.ip || "socket");
    const { cookie, expiresAt, principal } = await authenticator.login(body.token);
    reply.setCookie(COOKIE_NAME, cookie, { ...cookieOptions(parts, request), expires: new Date(expiresAt) });
    return me(parts, principal, request);
  });
  rows.serve(apiRoutes.logout, async ({ principal, request, reply }) => {
    if (principal?.kind === "cookie") await authenticator.webSessions.remove(principal.scope);
    reply.clearCookie(COOKIE_NAME, cookieOptions(parts, request));
    return {};
  });
  rows.serve(apiRoutes.me, async ({ principal, request }) => me(parts, principal, request));
  rows.serve(apiRoutes.createLoginToken, async ({ request }) => {
    const { token, expiresAt } = await authenticator.loginTokens.create();
    // In the fragment, which browsers send to nobody.
    return { token, expiresAt, url: `${address.baseUrl(requestAddress(request))}/login#token=${token}` };
  });
  rows.serve(apiRoutes.createApiKey, ({ body }) => authenticator.apiKeys.create(body.name, body.role));
  rows.serve(apiRoutes.listApiKeys, async () => ({ data: await authenticator.apiKeys.list() }));
  rows.serve(apiRoutes.removeApiKey, async ({ params }) => {
    await authenticator.apiKeys.remove(params.id);
    return {};
  });
}

function me({ address, version }: Parts, principal: Principal | undefined, request: FastifyRequest): Me {
  return {
    role: principal?.role ?? "view",
    csrfToken: principal?.csrfToken ?? null,
    version,
    publicUrl: address.baseUrl(requestAddress(request)),
  };
}

function cookieOptions(
  { address }: Parts,
  request: FastifyRequest,
): Parameters<FastifyReply["setCookie"]>[2] & object {
  const isSecure = address.isSecure || request.protocol === "https";
  return { path: "/", httpOnly: true, sameSite: "strict", secure: isSecure };
}
