import { lstatSync } from "node:fs";
import { BrowserVmError } from "@browservm/contract";
import { Client } from "undici";
import type { z } from "zod";
import { Fault, type PatchRequest, type PutRequest } from "./api.ts";

/** For what has no deadline of its own; building a VM of many GiB takes a second. */
const ANSWER_MS = 30_000;
const ANSWER_BYTES = 256 * 1024;
const NO_CONTENT = 204;

/** What Firecracker answered instead of doing what it was asked; its words are for `explainFault`. */
export class FirecrackerFault extends Error {
  readonly path: string;
  readonly fault: string;

  constructor(path: string, fault: string) {
    super(`${path}: ${fault}`);
    this.name = "FirecrackerFault";
    this.path = path;
    this.fault = fault;
  }
}

interface Asked {
  readonly method: "GET" | "PUT" | "PATCH";
  readonly path: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** Firecracker's API on its unix socket. Calls come one after the other: the VMM has one thread for them. */
export class ApiClient {
  readonly #socket: string;
  readonly #owner: number;
  readonly #http: Client;

  /** `owner` is the uid of the jail: the socket of anybody else is never spoken to. */
  constructor(socket: string, owner: number) {
    this.#socket = socket;
    this.#owner = owner;
    this.#http = new Client("http://localhost", {
      socketPath: socket,
      pipelining: 1,
      // Each call has a deadline of its own.
      bodyTimeout: 0,
      headersTimeout: 0,
      maxResponseSize: ANSWER_BYTES,
    });
  }

  /** Whether the socket is there yet. VMM_PROTOCOL when something else lies in its place. */
  get isThere(): boolean {
    const stats = lstatSync(this.#socket, { throwIfNoEntry: false });
    if (!stats) return false;
    if (stats.isSocket() && stats.uid === this.#owner) return true;
    throw new BrowserVmError("VMM_PROTOCOL", "the VMM's API socket is not what it should be", {
      path: this.#socket,
    });
  }

  /** FirecrackerFault, VMM_DIED when it does not answer, VMM_PROTOCOL when nobody could understand its answer. */
  put(request: PutRequest, signal?: AbortSignal): Promise<void> {
    return this.#tell({ method: "PUT", ...request, signal });
  }

  /** As `put`. */
  patch(request: PatchRequest, signal?: AbortSignal): Promise<void> {
    return this.#tell({ method: "PATCH", ...request, signal });
  }

  async get<T>(path: string, schema: z.ZodType<T>, signal?: AbortSignal): Promise<T> {
    const { status, text } = await this.#ask({ method: "GET", path, signal });
    const parsed = schema.safeParse(parseJson(text));
    if (!parsed.success) throw unexpected(path, status, text);
    return parsed.data;
  }

  /** Lets go of the connection; what waits for an answer fails. */
  close(): Promise<void> {
    return this.#http.destroy();
  }

  async #tell(asked: Asked): Promise<void> {
    const { status, text } = await this.#ask(asked);
    if (status !== NO_CONTENT) throw unexpected(asked.path, status, text);
  }

  async #ask({ method, path, body, signal }: Asked): Promise<{ status: number; text: string }> {
    if (!this.isThere) throw new BrowserVmError("VMM_DIED", "the VMM has no API socket");
    const answer = await this.#http
      .request({
        method,
        path,
        signal: signal ?? AbortSignal.timeout(ANSWER_MS),
        ...(body === undefined
          ? {}
          : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      })
      .then(async ({ statusCode, body: reply }) => ({ status: statusCode, text: await reply.text() }))
      .catch((cause: unknown) => {
        signal?.throwIfAborted();
        throw new BrowserVmError(
          "VMM_DIED",
          `the VMM does not answer ${method} ${path}`,
          { path },
          { cause },
        );
      });
    if (answer.status < 400) return answer;
    const fault = Fault.safeParse(parseJson(answer.text));
    if (!fault.success) throw unexpected(path, answer.status, answer.text);
    throw new FirecrackerFault(path, fault.data.fault_message);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the schema says what is wrong
  }
}

const unexpected = (path: string, status: number, text: string) =>
  new BrowserVmError("VMM_PROTOCOL", `Firecracker answered ${path} with something unexpected (${status})`, {
    path,
    status,
    answer: text.slice(0, 300),
  });
