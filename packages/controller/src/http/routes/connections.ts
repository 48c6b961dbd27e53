import { apiRoutes } from "@browservm/contract";
import type { FastifyReply } from "fastify";
import { askerOf } from "../../audit/asker.ts";
import { demand } from "../../auth/principal.ts";
import { projectFor } from "../../auth/project-wall.ts";
import type { Parts } from "../parts.ts";
import type { RowServer } from "../serve.ts";

/** Stored credentials: made, listed, used, deleted. */
export function serveConnections(rows: RowServer, { vault, desk, wall }: Parts): void {
  const { connections } = vault;
  rows.serve(apiRoutes.createConnection, ({ body, principal, request, reply }) => {
    unstored(reply);
    const project = projectFor(principal, body.project);
    return connections.create({ ...body, project }, askerOf(principal, request.id));
  });
  rows.serve(apiRoutes.listConnections, async ({ query, principal }) => {
    await wall.mustReach(principal, [query.cursor]);
    return connections.list({ ...query, project: projectFor(principal, query.project) });
  });
  rows.serve(apiRoutes.getConnection, ({ params }) => connections.get(params.id));
  rows.serve(apiRoutes.removeConnection, async ({ params, principal, request }) => {
    await connections.remove(params.id, askerOf(principal, request.id));
    return {};
  });
  rows.serve(apiRoutes.connectionToken, ({ params, principal, request, reply }) => {
    unstored(reply);
    return connections.token(params.id, askerOf(principal, request.id));
  });
  rows.serve(apiRoutes.refreshConnection, ({ params, principal, request }) =>
    connections.refresh(params.id, askerOf(principal, request.id)),
  );
  rows.serve(apiRoutes.useConnection, async ({ params, body, principal, request }) => {
    const { connectionId } = body;
    demand(principal, "sessions:write");
    await wall.mustShare(params.id, [connectionId]);
    await desk.mustBeReady(params.id);
    const injected = await connections.inject(connectionId, {
      sessionId: params.id,
      by: askerOf(principal, request.id),
      put: (files) => desk.putSecrets(params.id, files),
      putState: (state) => desk.putBrowserState(params.id, state),
    });
    return { connectionId, ...injected };
  });
}

/** No cache on the way may keep it. */
const unstored = (reply: FastifyReply) =>
  reply.header("cache-control", "no-store").header("pragma", "no-cache");
