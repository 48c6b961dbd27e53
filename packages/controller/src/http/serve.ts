import {
  type BodyOf,
  BrowserVmError,
  type ParamsOf,
  type QueryOf,
  type ReplyOf,
  type Route,
} from "@browservm/contract";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Principal } from "../auth/principal.ts";
import { parsePart } from "./parse.ts";

/** One request of a row, parsed, from somebody who may ask. */
export interface Call<R extends Route> {
  readonly params: ParamsOf<R>;
  readonly query: QueryOf<R>;
  readonly body: BodyOf<R>;
  /** Undefined only on open routes. */
  readonly principal: Principal | undefined;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Ends when the caller hangs up. */
  readonly signal: AbortSignal;
}

/** What a handler of a row that is not JSON gives back: it wrote or streams the answer itself. */
export type Answered = FastifyReply;

/** Judges a request before its body is read. */
export type Guard = (route: Route, request: FastifyRequest) => Promise<Principal | undefined>;

const principals = new WeakMap<FastifyRequest, Principal>();

/** The caller of a request that went through its guard. */
export const principalOf = (request: FastifyRequest): Principal | undefined => principals.get(request);

/** The rows of this API, bound to their handlers: parsed in, checked out, status as the row says. */
export class RowServer {
  readonly #app: FastifyInstance;
  readonly #guard: Guard;

  constructor(app: FastifyInstance, guard: Guard) {
    this.#app = app;
    this.#guard = guard;
  }

  serve<R extends Route>(route: R, handle: (call: Call<R>) => Promise<ReplyOf<R> | Answered>): void {
    this.#app.route({
      method: route.method,
      url: route.path,
      onRequest: async (request) => {
        const principal = await this.#guard(route, request);
        if (principal) principals.set(request, principal);
      },
      handler: async (request, reply) => {
        const result = await answered(handle(callOf(route, request, reply)), reply);
        // Nothing more to send; not the reply itself, for Fastify would await it once more.
        if (hasBegun(reply)) return undefined;
        return reply.status(route.status).send(route.kind === "json" ? checked(route, result) : result);
      },
    });
  }
}

/**
 * A reply is a thenable: awaiting one that streams waits for its end, answers undefined, and fails when the reader
 * hung up in the middle. That is how streams end; it is no error of the route.
 */
async function answered<T>(work: Promise<T>, reply: FastifyReply): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (hasBegun(reply)) return undefined;
    throw error;
  }
}

/** A reader that hung up in the middle leaves a reply that is not `sent`, though nothing more can be. */
const hasBegun = (reply: FastifyReply): boolean => reply.sent || reply.raw.headersSent;

function callOf<R extends Route>(route: R, request: FastifyRequest, reply: FastifyReply): Call<R> {
  const hungUp = new AbortController();
  reply.raw.once("close", () => hungUp.abort());
  // Who hung up while they were judged is gone without another word.
  if (reply.raw.destroyed) hungUp.abort();
  return {
    params: parsePart(route.params, request.params, "params") as ParamsOf<R>,
    query: parsePart(route.query, request.query, "query") as QueryOf<R>,
    body: parsePart(route.body, request.body ?? {}, "body") as BodyOf<R>,
    principal: principals.get(request),
    request,
    reply,
    signal: hungUp.signal,
  };
}

/** Only what the row says leaves the house. */
function checked(route: Route, result: unknown): unknown {
  const parsed = route.reply.safeParse(result);
  if (parsed.success) return parsed.data;
  throw new BrowserVmError(
    "INTERNAL",
    `the answer of ${route.method} ${route.path} is not as the contract says`,
    {
      issues: parsed.error.issues,
    },
  );
}
