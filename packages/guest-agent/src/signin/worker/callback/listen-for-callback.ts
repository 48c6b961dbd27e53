import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { CallbackJob } from "@browservm/contract/guest/signin";
import { type Say, SigninError } from "../../orders.ts";
import { type CallbackPage, sendPage } from "./callback-page.ts";
import { parametersOf, queryOf, refusedAs } from "./judge-hit.ts";
import { readForm } from "./read-form.ts";

const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  maxHeaderSize: 32_768,
  keepAliveTimeout: 1000,
};
const CONNECTIONS = 16;
/** Tries for a port that is free on both loopback addresses. */
const TRIES = 8;
/** After the one hit, others are told that it came. */
const FAREWELL_MS = 3000;
/** More refusals than that are told to the browser only. */
const MOST_REFUSALS = 16;

/** Listens for one redirect, and settles a moment after it came. SIGNIN_PORT_TAKEN. */
export async function listenForCallback(job: CallbackJob, say: Say): Promise<void> {
  const listener = new CallbackListener(job, say);
  const { port, servers } = await openBoth(job.port, (request, response) =>
    listener.answer(request, response),
  );
  listener.port = port;
  say({ type: "listening", redirectUri: `http://${job.host}:${port}${job.path}`, port });
  try {
    await listener.received;
    await sleep(FAREWELL_MS);
  } finally {
    for (const server of servers) server.closeAllConnections();
    for (const server of servers) server.close();
  }
}

class CallbackListener {
  readonly #job: CallbackJob;
  readonly #say: Say;
  readonly #received = Promise.withResolvers<void>();
  #isUsed = false;
  #refusals = 0;
  port = 0;

  constructor(job: CallbackJob, say: Say) {
    this.#job = job;
    this.#say = say;
  }

  get received(): Promise<void> {
    return this.#received.promise;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "", headers } = request;
    const hit = { method, url, headers };
    const refused = refusedAs(hit, this.#job, this.port);
    if (refused) return turnAway(request, response, refused);
    const text = method === "POST" ? await readForm(request) : queryOf(hit);
    const parameters = text === undefined ? undefined : parametersOf(text);
    const { state } = this.#job;
    if (this.#isUsed) this.#refuse(request, response, "repeated");
    else if (!parameters || Object.keys(parameters).length === 0)
      this.#refuse(request, response, "malformed");
    else if (state !== undefined && parameters.state !== state) this.#refuse(request, response, "state");
    else this.#take(response, method === "POST" ? "POST" : "GET", parameters);
  }

  /** The page first: who hears of the callback may end us. */
  #take(response: ServerResponse, method: "GET" | "POST", parameters: Record<string, string>): void {
    this.#isUsed = true;
    response.once("close", () => {
      this.#say({ type: "callback", method, parameters });
      this.#received.resolve();
    });
    sendPage(response, parameters.error === undefined ? "received" : "declined");
  }

  #refuse(request: IncomingMessage, response: ServerResponse, why: "state" | "repeated" | "malformed"): void {
    this.#refusals += 1;
    if (this.#refusals <= MOST_REFUSALS) this.#say({ type: "refused", why });
    turnAway(request, response, why);
  }
}

/** What it still sends is not awaited. */
function turnAway(request: IncomingMessage, response: ServerResponse, page: CallbackPage): void {
  response.once("finish", () => request.complete || request.destroy());
  request.resume();
  sendPage(response, page);
}

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The same port on both loopback addresses; a guest without IPv6 has one only. */
async function openBoth(
  wanted: number,
  answer: Answer,
): Promise<{ readonly port: number; readonly servers: readonly Server[] }> {
  for (let attempt = 0; attempt < (wanted === 0 ? TRIES : 1); attempt += 1) {
    const first = await open(wanted, "127.0.0.1", answer);
    if (typeof first === "string") break;
    const { port } = first.address() as AddressInfo;
    const second = await open(port, "::1", answer);
    if (typeof second !== "string") return { port, servers: [first, second] };
    if (second !== "EADDRINUSE") return { port, servers: [first] };
    first.close();
  }
  throw new SigninError("SIGNIN_PORT_TAKEN", `port ${wanted} of the guest's loopback cannot be listened on`);
}

/** The server, or why there is none. */
async function open(port: number, host: string, answer: Answer): Promise<Server | string> {
  const server = createServer(LIMITS, (request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.maxConnections = CONNECTIONS;
  server.on("clientError", (_error, socket) => socket.destroy());
  const { promise, resolve } = Promise.withResolvers<Server | string>();
  server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "unknown"));
  server.listen(port, host, () => resolve(server));
  return promise;
}
