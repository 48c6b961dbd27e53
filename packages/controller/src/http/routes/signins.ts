import { apiRoutes, type Signin } from "@browservm/contract";
import type { FastifyRequest } from "fastify";
import { askerOf } from "../../audit/asker.ts";
import { demand } from "../../auth/principal.ts";
import { projectFor } from "../../auth/project-wall.ts";
import type { SigninRecord } from "../../signins/signin-record.ts";
import { toSignin } from "../../signins/signin-view.ts";
import { requestAddress } from "../guard.ts";
import type { Parts } from "../parts.ts";
import type { RowServer } from "../serve.ts";
import { sendEvents } from "./session-desk.ts";

/** Guided sign-ins: begun, looked at, kept alive, confirmed, given up, begun anew. */
export function serveSignins(rows: RowServer, parts: Parts): void {
  const { address, wall, egress } = parts;
  const { service } = parts.signins;
  const show = (record: SigninRecord, request: FastifyRequest): Signin =>
    toSignin(record, address.baseUrl(requestAddress(request)));

  rows.serve(apiRoutes.createSignin, async ({ body, principal, request }) => {
    await wall.mustReach(principal, [body.connection]);
    if (body.profile !== undefined) demand(principal, "profiles:write");
    const project = projectFor(principal, body.project);
    const { session, ...rest } = body;
    const wanted = session ? { ...rest, session: await egress.keepIn(session) } : rest;
    return show(await service.create({ ...wanted, project }, askerOf(principal, request.id)), request);
  });
  rows.serve(apiRoutes.listSignins, async ({ query, principal, request }) => {
    await wall.mustReach(principal, [query.cursor]);
    const project = projectFor(principal, query.project);
    const { records, nextCursor } = await service.list({ ...query, project });
    return { data: records.map((record) => show(record, request)), nextCursor };
  });
  rows.serve(apiRoutes.getSignin, async ({ params, request }) => show(await service.get(params.id), request));
  rows.serve(apiRoutes.heartbeatSignin, async ({ params, request }) =>
    show(await service.heartbeat(params.id), request),
  );
  rows.serve(apiRoutes.confirmSignin, async ({ params, request }) =>
    show(await service.confirm(params.id), request),
  );
  rows.serve(apiRoutes.cancelSignin, async ({ params, principal, request }) =>
    show(await service.cancel(params.id, askerOf(principal, request.id)), request),
  );
  rows.serve(apiRoutes.retrySignin, async ({ params, principal, request }) =>
    show(await service.retry(params.id, askerOf(principal, request.id)), request),
  );
  rows.serve(apiRoutes.signinEvents, async (call) => {
    await service.get(call.params.id);
    return sendEvents(parts, call, call.params.id);
  });
  rows.serve(apiRoutes.listSigninProviders, async () => ({ data: [...service.providers()] }));
}
