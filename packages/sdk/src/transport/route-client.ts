import {
  type BodyInput,
  BrowserVmError,
  type ErrorCode,
  fromProblem,
  type ReplyOf,
  type Route,
} from "@browservm/contract";
import type { Fetch } from "./fetch.ts";
import { pause } from "./pause.ts";
import { type QueryValue, requestUrl } from "./request-url.ts";

export interface RouteClientOptions {
  readonly fetch: Fetch;
  /** Put before each path, without a slash at its end. */
  readonly baseUrl: string;
  /** Asked before each request, e.g. for credentials. */
  readonly headers?: (
    route: Route,
  ) => Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>;
  /** What it means when nobody answers. */
  readonly unreachable: ErrorCode;
  /** Tries after the first, of requests that may be repeated. */
  readonly retries?: number;
}

export interface RouteInput<R extends Route> {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly body?: BodyInput<R>;
  /** Instead of a body, for a row that takes bytes. */
  readonly bytes?: BytesInput;
}

/** Bytes that are sent as they come. A stream is read once, so what carries one is never repeated. */
export type BytesInput = Uint8Array<ArrayBuffer> | Blob | ReadableStream<Uint8Array>;

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Hard end of the call, in milliseconds; streams have none. */
  readonly timeoutMs?: number | undefined;
  /** Makes a POST repeatable: the server answers a repeat like the first. */
  readonly idempotencyKey?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const FIRST_BACKOFF_MS = 200;
/** A longer Retry-After is the caller's to wait for. */
const MAX_RETRY_AFTER_MS = 30_000;

/** Speaks any table of routes: fills in, sends, checks the reply, rebuilds the error. */
export class RouteClient {
  readonly #options: RouteClientOptions;

  constructor(options: RouteClientOptions) {
    this.#options = options;
  }

  get baseUrl(): string {
    return this.#options.baseUrl;
  }

  /** The parsed reply of a row of kind `json`. */
  async call<R extends Route>(
    route: R,
    input: RouteInput<R> = {},
    options: CallOptions = {},
  ): Promise<ReplyOf<R>> {
    const response = await this.#send(route, input, { timeoutMs: DEFAULT_TIMEOUT_MS, ...options });
    const parsed = route.reply.safeParse(await json(response));
    if (!parsed.success) {
      throw new BrowserVmError(
        "PROTOCOL_ERROR",
        `the reply of ${route.method} ${route.path} is not as the contract says`,
        {
          issues: parsed.error.issues,
        },
      );
    }
    return parsed.data as ReplyOf<R>;
  }

  /** The reply's bytes, for a row of kind `png`, `tar` or `bytes`. */
  async bytes<R extends Route>(
    route: R,
    input: RouteInput<R> = {},
    options: CallOptions = {},
  ): Promise<Uint8Array> {
    const response = await this.#send(route, input, { timeoutMs: DEFAULT_TIMEOUT_MS, ...options });
    return new Uint8Array(await response.arrayBuffer());
  }

  /** The open reply of a streaming row; ending `signal` hangs up. */
  stream<R extends Route>(route: R, input: RouteInput<R> = {}, options: CallOptions = {}): Promise<Response> {
    return this.#send(route, input, options);
  }

  async #send<R extends Route>(route: R, input: RouteInput<R>, options: CallOptions): Promise<Response> {
    const isRepeatable =
      route.method === "GET" || route.method === "DELETE" || options.idempotencyKey !== undefined;
    const tries = isRepeatable ? (this.#options.retries ?? 2) : 0;
    const deadline = options.timeoutMs === undefined ? undefined : AbortSignal.timeout(options.timeoutMs);
    const signal = anySignal(options.signal, deadline);
    for (let attempt = 0; ; attempt += 1) {
      const outcome = await this.#once(route, input, { ...options, signal });
      if (!("mayRepeat" in outcome)) return outcome;
      const waitMs = attempt < tries ? (outcome.retryAfterMs ?? FIRST_BACKOFF_MS * 2 ** attempt) : undefined;
      const isOver = waitMs === undefined || waitMs > MAX_RETRY_AFTER_MS || !outcome.mayRepeat;
      if (!isOver) await pause(waitMs, signal);
      if (signal?.aborted)
        throw ended(route, { deadline, caller: options.signal, timeoutMs: options.timeoutMs });
      if (isOver) throw outcome.error;
    }
  }

  async #once<R extends Route>(
    route: R,
    input: RouteInput<R>,
    options: CallOptions,
  ): Promise<Response | Failure> {
    const { fetch, baseUrl, headers, unreachable } = this.#options;
    const sent = bodyOf(input);
    const init: RequestInit = {
      method: route.method,
      headers: {
        accept: ACCEPT[route.kind],
        ...(options.idempotencyKey ? { "idempotency-key": options.idempotencyKey } : {}),
        ...(await headers?.(route)),
        ...sent?.headers,
        ...options.headers,
      },
      ...sent?.init,
      ...(options.signal ? { signal: options.signal } : {}),
      credentials: "same-origin",
      redirect: "error",
    };
    try {
      const response = await fetch(`${baseUrl}${requestUrl(route, input.params, input.query)}`, init);
      return response.ok ? response : await refusal(response);
    } catch (error) {
      const words = `${baseUrl || "the server"} does not answer`;
      return { error: new BrowserVmError(unreachable, words, {}, { cause: error }), mayRepeat: true };
    }
  }
}

/** What a request carries, and how it says so; undefined: nothing. */
function bodyOf<R extends Route>({ body, bytes }: RouteInput<R>) {
  if (body !== undefined)
    return { headers: { "content-type": "application/json" }, init: { body: JSON.stringify(body) } };
  if (bytes === undefined) return undefined;
  // A stream goes out before the answer is there (Fetch §2.2.5).
  const duplex = bytes instanceof ReadableStream ? { duplex: "half" as const } : {};
  return { headers: { "content-type": "application/octet-stream" }, init: { body: bytes, ...duplex } };
}

const ACCEPT = {
  json: "application/json",
  sse: "text/event-stream",
  png: "image/png",
  ndjson: "application/x-ndjson",
  tar: "application/x-tar",
  text: "text/plain",
  bytes: "*/*",
  upgrade: "*/*",
  redirect: "*/*",
} as const;

interface Failure {
  readonly error: BrowserVmError;
  readonly mayRepeat: boolean;
  readonly retryAfterMs?: number;
}

/** A refusal is repeated only when the server says when (RFC 9110 §10.2.3, seconds). */
async function refusal(response: Response): Promise<Failure> {
  const error = fromProblem(await json(response).catch(() => null));
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  if (!Number.isFinite(seconds)) return { error, mayRepeat: false };
  return { error, mayRepeat: true, retryAfterMs: seconds * 1000 };
}

async function json(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BrowserVmError(
      "PROTOCOL_ERROR",
      "the reply is not JSON",
      { status: response.status },
      { cause: error },
    );
  }
}

interface Ending {
  readonly deadline: AbortSignal | undefined;
  readonly caller: AbortSignal | undefined;
  readonly timeoutMs: number | undefined;
}

function ended(route: Route, { deadline, caller, timeoutMs }: Ending): BrowserVmError {
  const what = `${route.method} ${route.path}`;
  if (caller?.aborted || !deadline?.aborted) return new BrowserVmError("CANCELLED", `${what} was cancelled`);
  return new BrowserVmError("DEADLINE_EXCEEDED", `${what} was not answered in ${timeoutMs} ms`, {
    timeoutMs,
  });
}

function anySignal(...signals: (AbortSignal | undefined)[]): AbortSignal | undefined {
  const present = signals.filter((signal) => signal !== undefined);
  return present.length > 1 ? AbortSignal.any(present) : present[0];
}
