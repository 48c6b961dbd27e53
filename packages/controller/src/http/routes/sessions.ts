import { apiRoutes, type Session } from "@browservm/contract";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { askerOf } from "../../audit/asker.ts";
import { demand } from "../../auth/principal.ts";
import { projectFor } from "../../auth/project-wall.ts";
import { bodyHash, type RepeatKey } from "../../sessions/idempotency.ts";
import type { SessionRecord } from "../../sessions/session-record.ts";
import { toSession } from "../../sessions/session-view.ts";
import { requestAddress } from "../guard.ts";
import { parsePart } from "../parse.ts";
import type { Parts } from "../parts.ts";
import { principalOf, type RowServer } from "../serve.ts";

const IdempotencyHeader = z.object({
  "idempotency-key": z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/)
    .optional(),
});

/** Sessions: making, finding, keeping alive, pausing, forking, ending. */
export function serveSessions(rows: RowServer, { sessions, rest, egress, address, config }: Parts): void {
  const show = (record: SessionRecord, request: FastifyRequest): Session =>
    toSession(record, address.baseUrl(requestAddress(request)), config.clipboard);

  rows.serve(apiRoutes.createSession, async ({ body, principal, request }) => {
    const project = projectFor(principal, body.project);
    // What is in a profile is as good as a password for many an account.
    if (body.profile) demand(principal, body.profile.mode === "write" ? "profiles:write" : "profiles:use");
    const by = askerOf(principal, request.id);
    // From here on nobody knows its proxy's credentials but the vault.
    const wanted = await egress.keepIn(body);
    return show(await sessions.create({ ...wanted, project }, repeatKey(request, wanted), by), request);
  });
  rows.serve(apiRoutes.listSessions, async ({ query, principal, request }) => {
    const project = projectFor(principal, query.project);
    const { records, nextCursor } = await sessions.list({ ...query, project });
    return { data: records.map((record) => show(record, request)), nextCursor };
  });
  rows.serve(apiRoutes.getSession, async ({ params, request }) =>
    show(await sessions.get(params.id), request),
  );
  rows.serve(apiRoutes.endSession, async ({ params, request }) =>
    show(await sessions.end(params.id), request),
  );
  rows.serve(apiRoutes.extendSession, async ({ params, body, request }) =>
    show(await sessions.extend(params.id, body.ttlSeconds), request),
  );
  rows.serve(apiRoutes.heartbeatSession, async ({ params, request }) =>
    show(await sessions.heartbeat(params.id), request),
  );
  rows.serve(apiRoutes.pauseSession, async ({ params, request }) =>
    show(await rest.pause(params.id), request),
  );
  rows.serve(apiRoutes.resumeSession, async ({ params, request }) =>
    show(await rest.resume(params.id), request),
  );
  rows.serve(apiRoutes.forkSession, async ({ params, body, request }) =>
    show(await sessions.fork(params.id, body), request),
  );
  rows.serve(apiRoutes.sessionNetwork, async ({ params }) => ({ gate: await sessions.gate(params.id) }));
}

function repeatKey(request: FastifyRequest, body: unknown): RepeatKey | undefined {
  const { "idempotency-key": key } = parsePart(IdempotencyHeader, request.headers, "headers");
  if (key === undefined) return undefined;
  return { scope: principalOf(request)?.scope ?? "nobody", key, bodySha256: bodyHash(body) };
}
