import {
  type BodyOf,
  BrowserVmError,
  type ParamsOf,
  type QueryOf,
  type ReplyOf,
  type Route,
  toBrowserVmError,
} from "@browservm/contract";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";

export interface Call<R extends Route> {
  readonly params: ParamsOf<R>;
  readonly query: QueryOf<R>;
  readonly body: BodyOf<R>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Ends when the caller hangs up. */
  readonly signal: AbortSignal;
}

/** Binds one row of the contract to its handler: parsed in, status and errors as the row says. */
export function serve<R extends Route>(
  app: FastifyInstance,
  route: R,
  handle: (call: Call<R>) => Promise<ReplyOf<R>>,
): void {
  app.route({
    method: route.method,
    url: route.path,
    handler: async (request, reply) => {
      const call: Call<R> = {
        params: parse(route.params, request.params, "params") as ParamsOf<R>,
        query: parse(route.query, request.query, "query") as QueryOf<R>,
        body: parse(route.body, request.body ?? {}, "body") as BodyOf<R>,
        request,
        reply,
        signal: hangUp(reply),
      };
      const result = await handle(call);
      if (reply.sent || reply.raw.headersSent) return reply;
      return reply.status(route.status).send(result);
    },
  });
}

/** Problem documents for everything that goes wrong; what is not ours is logged with its stack. */
export function serveProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const told = asProblem(error);
    if (told.code === "INTERNAL") request.log.error({ err: error }, "unexpected error");
    return reply.status(told.status).type("application/problem+json").send(told.toProblem());
  });
  app.setNotFoundHandler((request, reply) => {
    const told = new BrowserVmError("NOT_FOUND", `${request.method} is not served here`);
    return reply.status(told.status).type("application/problem+json").send(told.toProblem());
  });
}

function asProblem(error: Error & { statusCode?: number }): BrowserVmError {
  if (error.statusCode === 413) return new BrowserVmError("BODY_TOO_LARGE", "the body passes the limit");
  if (error.statusCode === 400 || error.statusCode === 415)
    return new BrowserVmError("BAD_REQUEST", error.message);
  return toBrowserVmError(error);
}

function parse(schema: z.ZodType, value: unknown, where: string): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ({
    path: [where, ...path].join("."),
    message,
  }));
  throw new BrowserVmError(
    "BAD_REQUEST",
    issues.map(({ path, message }) => `${path}: ${message}`).join("; "),
    { issues },
  );
}

function hangUp(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => controller.abort(new BrowserVmError("CANCELLED", "the caller hung up")));
  return controller.signal;
}
