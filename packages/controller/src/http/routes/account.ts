import { apiRoutes, BrowserVmError, type PersonId } from "@browservm/contract";
import type { FastifyRequest } from "fastify";
import { askerOf } from "../../audit/asker.ts";
import { giftOf, giftOfRole, mustCover, mustOutlast } from "../../auth/delegation.ts";
import { isOperator, type Principal } from "../../auth/principal.ts";
import type { RateLimit } from "../../auth/rate-limit.ts";
import { endRevoked } from "../end-revoked.ts";
import { COOKIE_NAME, requestAddress } from "../guard.ts";
import type { Parts } from "../parts.ts";
import type { RowServer } from "../serve.ts";
import { cookieOptions, describeMe, signIn, welcome } from "../sign-in.ts";

/** Signing in and out. `logins` bounds the tries of one address. */
export function serveAccount(rows: RowServer, parts: Parts, logins: RateLimit): void {
  const { authenticator, vault } = parts;

  rows.serve(apiRoutes.login, async ({ body, ...call }) => {
    logins.take(callerOf(call.request));
    const signedIn = await authenticator.login(body.token);
    if (isOperator(signedIn.principal))
      await vault.audit.record({
        action: "operator.signed_in",
        by: askerOf(signedIn.principal, call.request.id),
      });
    return welcome(parts, signedIn, call);
  });
  rows.serve(apiRoutes.loginWays, async () => ({
    password: await authenticator.people.hasPasswords(),
    oidc: parts.oidc.way,
  }));
  rows.serve(apiRoutes.passwordLogin, async ({ body, ...call }) => {
    logins.take(callerOf(call.request));
    const { email, password } = body;
    const { id } = await authenticator.passwordLogin.signIn(email, password, call.request.id);
    return signIn(parts, { personId: id as PersonId }, "password", call);
  });
  rows.serve(apiRoutes.logout, async ({ principal, request, reply }) => {
    if (principal?.kind === "cookie") await authenticator.webSessions.remove(principal.scope);
    reply.clearCookie(COOKIE_NAME, cookieOptions(parts, request));
    await endRevoked(parts);
    return {};
  });
  rows.serve(apiRoutes.me, async ({ principal, request }) => describeMe(parts, principal, request));
  serveOwnAccount(rows, parts, logins);
  rows.serve(apiRoutes.createLoginToken, async ({ principal, request }) => {
    const personId = await mayLetIn(parts, principal);
    const { token, expiresAt } = await authenticator.loginTokens.create(personId);
    await vault.audit.record({ action: "operator.link_made", by: askerOf(principal, request.id) });
    // In the fragment, which browsers send to nobody.
    const url = `${parts.address.baseUrl(requestAddress(request))}/login#token=${token}`;
    return { token, expiresAt, url };
  });
}

export const callerOf = ({ ip }: FastifyRequest): string => ip || "socket";

/** What people do with their own account. */
function serveOwnAccount(rows: RowServer, parts: Parts, logins: RateLimit): void {
  const { authenticator } = parts;
  rows.serve(apiRoutes.signOutEverywhere, async ({ principal, request, reply }) => {
    await authenticator.people.signOutEverywhere(personOf(principal), askerOf(principal, request.id));
    reply.clearCookie(COOKIE_NAME, cookieOptions(parts, request));
    await endRevoked(parts);
    return {};
  });
  rows.serve(apiRoutes.changePassword, async ({ body, ...call }) => {
    logins.take(callerOf(call.request));
    const personId = personOf(call.principal);
    await authenticator.passwordLogin.change(personId, body, askerOf(call.principal, call.request.id));
    const me = await welcome(parts, await authenticator.webSessions.create({ personId }), call);
    await endRevoked(parts);
    return me;
  });
}

/** PERSON_NEEDED for keys, links, root, and who came by root's link. */
function personOf(principal: Principal | undefined): PersonId {
  if (principal?.kind === "cookie" && principal.personId !== null) return principal.personId;
  throw new BrowserVmError("PERSON_NEEDED", "these credentials are no person's own sign-in");
}

/** A link lets in as whoever makes it; a key's owner only where the key can do all that its owner can. GRANT_TOO_STRONG. */
async function mayLetIn(
  { authenticator }: Parts,
  principal: Principal | undefined,
): Promise<PersonId | null> {
  if (!principal) throw new BrowserVmError("UNAUTHENTICATED", "the request carries no valid credentials");
  const { personId } = principal;
  const person = personId === null ? undefined : await authenticator.people.find(personId);
  mustCover(principal, person ? giftOfRole(person.role) : giftOf(["*"], null));
  mustOutlast(principal, null);
  return personId;
}
