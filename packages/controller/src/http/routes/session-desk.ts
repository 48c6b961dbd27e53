import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { apiRoutes, HOST_SUBJECT, type SessionId, type SigninId } from "@browservm/contract";
import type { FastifyReply } from "fastify";
import { askerOf } from "../../audit/asker.ts";
import { demand } from "../../auth/principal.ts";
import { eventStream } from "../event-stream.ts";
import type { Parts } from "../parts.ts";
import type { Call, RowServer } from "../serve.ts";
import { whileLetIn } from "../while-let-in.ts";

type EventCall = Pick<Call<typeof apiRoutes.events>, "query" | "request" | "reply" | "signal" | "principal">;

/** What is done in a session's VM, and what it says. */
export function serveDesk(rows: RowServer, parts: Parts): void {
  const { desk, sessions, gateway } = parts;
  rows.serve(apiRoutes.navigateSession, async ({ params, body }) => {
    await desk.navigate(params.id, body.url);
    return {};
  });
  rows.serve(apiRoutes.resizeSession, ({ params, body }) => desk.resize(params.id, body));
  rows.serve(apiRoutes.authorizeSessionKey, ({ params, body }) =>
    desk.authorizeKey(params.id, body.publicKey),
  );
  rows.serve(apiRoutes.screenshot, async ({ params, reply }) => {
    const png = await desk.screenshot(params.id);
    return reply.type("image/png").send(Buffer.from(png));
  });
  rows.serve(apiRoutes.sessionLiveReport, async ({ params }) => {
    const { id } = await sessions.get(params.id);
    return gateway.report(id);
  });
  rows.serve(apiRoutes.sessionLogs, async ({ params, query, reply, ...call }) =>
    sendLines(reply, await desk.logs(params.id, query, whileLetIn(parts, call))),
  );
  rows.serve(apiRoutes.execInSession, async (call) =>
    sendLines(call.reply, await execInSession(parts, call)),
  );
  rows.serve(apiRoutes.sessionEvents, async (call) => {
    await sessions.get(call.params.id);
    return sendEvents(parts, call, call.params.id);
  });
  rows.serve(apiRoutes.events, async (call) => sendEvents(parts, call));
}

/** The tokens of its connections are variables of this one command, and nowhere else. */
async function execInSession(parts: Parts, call: Call<typeof apiRoutes.execInSession>) {
  const { desk, vault, wall } = parts;
  const { params, body, principal, request } = call;
  const { connections, ...command } = body;
  const signal = whileLetIn(parts, call);
  if (!connections) return desk.exec(params.id, command, signal);
  demand(principal, "connections:token");
  await wall.mustShare(params.id, Object.values(connections));
  await desk.mustBeReady(params.id);
  const by = askerOf(principal, request.id);
  const tokens = await vault.connections.environment(connections, params.id, by);
  return desk.exec(params.id, { ...command, env: { ...command.env, ...tokens } }, signal);
}

/** hostd's lines as they come; when hostd breaks off, so do we. */
function sendLines(reply: FastifyReply, { body }: Response): FastifyReply {
  // The same class by specification; only the declarations differ.
  const lines = body === null ? Readable.from([]) : Readable.fromWeb(body as ReadableStream<Uint8Array>);
  return reply.type("application/x-ndjson").send(lines);
}

/** Events of one subject, or of all, as they happen. */
export function sendEvents(parts: Parts, call: EventCall, subject?: SessionId | SigninId): FastifyReply {
  const { events, authenticator } = parts;
  const { query, request, reply, principal } = call;
  const resumed = Number(request.headers["last-event-id"] ?? Number.NaN);
  const after = query.after ?? (Number.isSafeInteger(resumed) && resumed >= 0 ? resumed : undefined);
  const without = principal?.may.has("host:inspect") ? undefined : HOST_SUBJECT;
  const isAllowed = async () => principal === undefined || authenticator.isStillGood(principal);
  const until = whileLetIn(parts, call);
  const project = principal?.project ?? undefined;
  // Proxies that buffer would hold events back (nginx: X-Accel-Buffering).
  return reply
    .type("text/event-stream")
    .header("x-accel-buffering", "no")
    .send(eventStream(events, { subject, without, project, after, signal: until, isAllowed }));
}
