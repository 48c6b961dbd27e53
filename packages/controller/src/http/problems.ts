import { BrowserVmError, isBrowserVmError, type Problem, toBrowserVmError } from "@browservm/contract";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** 1 MiB; an API of small documents needs no more. */
export const BODY_LIMIT_BYTES = 1_048_576;

/** Answers every failure as a problem document (RFC 9457), also what fastify itself refuses. */
export function serveProblems(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => sendProblem(error, request, reply));
  app.setNotFoundHandler((request, reply) => sendProblem(notFound(request), request, reply));
}

export function notFound({ method, url }: Pick<FastifyRequest, "method" | "url">): BrowserVmError {
  return new BrowserVmError("NOT_FOUND", `${method} ${pathOf(url)} is not a route`);
}

/** The part of an address that may be logged: queries can carry tokens. */
export const pathOf = (url: string): string => url.split("?", 1)[0] ?? "";

export function sendProblem(
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const told = inOurWords(error);
  if (told.code === "INTERNAL") request.log.error({ err: error }, "unexpected error");
  const { retryAfterSeconds } = told.details;
  if (typeof retryAfterSeconds === "number") reply.header("retry-after", String(retryAfterSeconds));
  return reply
    .status(told.status)
    .type("application/problem+json")
    .send({ ...publicProblem(told), requestId: request.id });
}

/** What a bug says is for the log, not for the caller. */
function publicProblem(error: BrowserVmError): Problem {
  const problem = error.toProblem();
  if (error.code !== "INTERNAL") return problem;
  return {
    ...problem,
    detail: "something unexpected happened; the log has it under this request's id",
    details: {},
  };
}

function inOurWords(error: FastifyError | Error): BrowserVmError {
  if (isBrowserVmError(error)) return error;
  const { statusCode, code } = error as Partial<FastifyError>;
  if (statusCode === 413) {
    return new BrowserVmError("BODY_TOO_LARGE", `the body passes ${BODY_LIMIT_BYTES} bytes`, {
      limitBytes: BODY_LIMIT_BYTES,
    });
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    const message =
      code === "FST_ERR_CTP_INVALID_MEDIA_TYPE" ? "the body must be application/json" : error.message;
    return new BrowserVmError("BAD_REQUEST", message, { issues: [{ path: "body", message }] });
  }
  return toBrowserVmError(error);
}
