import { apiRoutes, type Invitation, type PersonId } from "@browservm/contract";
import type { FastifyRequest } from "fastify";
import { askerOf } from "../../audit/asker.ts";
import type { Principal } from "../../auth/principal.ts";
import type { RateLimit } from "../../auth/rate-limit.ts";
import { endRevoked } from "../end-revoked.ts";
import { requestAddress } from "../guard.ts";
import type { Parts } from "../parts.ts";
import type { RowServer } from "../serve.ts";
import { signIn } from "../sign-in.ts";
import { callerOf } from "./account.ts";
import { known } from "./keys.ts";

/** People and invitations. */
export function servePeople(rows: RowServer, parts: Parts, logins: RateLimit): void {
  const { people } = parts.authenticator;
  rows.serve(apiRoutes.listPeople, async () => ({ data: await people.list() }));
  rows.serve(apiRoutes.changePerson, async ({ params, body, principal, request }) => {
    const person = await people.change(params.id, body, keeperOf(principal, request));
    await endRevoked(parts);
    return person;
  });
  rows.serve(apiRoutes.removePerson, async ({ params, principal, request }) => {
    await people.remove(params.id, keeperOf(principal, request));
    await endRevoked(parts);
    return {};
  });
  serveInvitations(rows, parts);
  serveInvited(rows, parts, logins);
}

const keeperOf = (principal: Principal | undefined, request: FastifyRequest) => ({
  principal: known(principal),
  by: askerOf(principal, request.id),
});

function serveInvitations(rows: RowServer, { authenticator, address }: Parts): void {
  const { invitations } = authenticator;
  const linked = (fresh: Invitation & { token: string }, request: FastifyRequest) => ({
    ...fresh,
    // In the fragment, which browsers send to nobody.
    url: `${address.baseUrl(requestAddress(request))}/login#invitation=${fresh.token}`,
  });
  rows.serve(apiRoutes.resetPerson, async ({ params, body, principal, request }) =>
    linked(await invitations.reset(params.id, body.ttlSeconds, keeperOf(principal, request)), request),
  );
  rows.serve(apiRoutes.createInvitation, async ({ body, principal, request }) =>
    linked(await invitations.invite(body, keeperOf(principal, request)), request),
  );
  rows.serve(apiRoutes.listInvitations, async () => ({ data: await invitations.list() }));
  rows.serve(apiRoutes.removeInvitation, async ({ params, principal, request }) => {
    await invitations.revoke(params.id, askerOf(principal, request.id));
    return {};
  });
}

/** What strangers do who hold an invitation. */
function serveInvited(rows: RowServer, parts: Parts, logins: RateLimit): void {
  const { invitations } = parts.authenticator;
  rows.serve(apiRoutes.lookAtInvitation, async ({ body, request }) => {
    logins.take(callerOf(request));
    const { email, role, expiresAt, personId } = await invitations.look(body.token);
    return { email, role, expiresAt, isReset: personId !== null };
  });
  rows.serve(apiRoutes.acceptInvitation, async ({ body, ...call }) => {
    logins.take(callerOf(call.request));
    const { id } = await invitations.accept(body, call.request.id);
    const me = await signIn(parts, { personId: id as PersonId }, "invitation", call);
    await endRevoked(parts);
    return me;
  });
}
