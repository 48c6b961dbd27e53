import { apiRoutes } from "@browservm/contract";
import type { FastifyReply } from "fastify";
import { askerOf } from "../../audit/asker.ts";
import type { Parts } from "../parts.ts";
import type { RowServer } from "../serve.ts";

/** Stored credentials: made, listed, used, deleted. */
export function serveConnections(rows: RowServer, { vault, desk }: Parts): void {
  const { connections } = vault;
  rows.serve(apiRoutes.createConnection, ({ body, principal, request, reply }) => {
    unstored(reply);
    return connections.create(body, askerOf(principal, request.id));
  });
  rows.serve(apiRoutes.listConnections, ({ query }) => connections.list(query));
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
