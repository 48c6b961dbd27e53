import { apiRoutes, isBrowserVmError } from "@browservm/contract";
import type { FastifyReply } from "fastify";
import { ATTEMPT_S } from "../../auth/oidc-attempts.ts";
import type { RateLimit } from "../../auth/rate-limit.ts";
import { endRevoked } from "../end-revoked.ts";
import type { Parts } from "../parts.ts";
import type { Answered, RowServer } from "../serve.ts";
import { cookieOptions, signIn } from "../sign-in.ts";
import { callerOf } from "./account.ts";

/** Ties an attempt to the browser that began it. Not `strict`: the provider's page leads back here. */
const BROWSER_COOKIE = "bvm_oidc";
const COOKIE_PATH = "/v1/login/oidc";

/** Signing in by the OpenID provider. People see these answers, so failures lead to the sign-in page, too. */
export function serveOidc(rows: RowServer, parts: Parts, logins: RateLimit): void {
  const { oidc, log } = parts;
  const orTell = async (reply: FastifyReply, work: () => Promise<Answered>): Promise<Answered> => {
    try {
      return await work();
    } catch (error) {
      const isOurs = isBrowserVmError(error);
      const [code, reason] = isOurs ? [error.code, error.message] : ["INTERNAL", String(error)];
      log.warn({ code, reason }, "a sign-in by the OpenID provider failed");
      return reply.redirect(`/login#problem=${code}`, 302);
    }
  };
  rows.serve(apiRoutes.oidcLogin, ({ query, request, reply }) =>
    orTell(reply, async () => {
      logins.take(callerOf(request));
      const { url, browser } = await oidc.begin(query.next ?? "/");
      reply.setCookie(BROWSER_COOKIE, browser, { ...lax(parts, request), maxAge: ATTEMPT_S });
      return reply.redirect(url.href, 302);
    }),
  );
  rows.serve(apiRoutes.oidcCallback, (call) =>
    orTell(call.reply, async () => {
      const { request, reply } = call;
      logins.take(callerOf(request));
      reply.clearCookie(BROWSER_COOKIE, lax(parts, request));
      const search = new URL(request.url, "http://here").searchParams;
      const browser = request.cookies[BROWSER_COOKIE] ?? "";
      const { personId, next } = await oidc.finish(search, browser, request.id);
      await signIn(parts, { personId }, "oidc", call);
      // The provider may have given them another role.
      await endRevoked(parts);
      return reply.redirect(next, 302);
    }),
  );
}

const lax = (...call: Parameters<typeof cookieOptions>) =>
  ({ ...cookieOptions(...call), sameSite: "lax", path: COOKIE_PATH }) as const;
