import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream";
import { AGENT_PATHS } from "@browservm/contract/guest/agent-http";
import { killGroup } from "../child.ts";
import { type FileAnswer, type FileOrders, WHOLE, WHOLE_FD } from "../files/home/file-orders.ts";
import { readAnswer } from "./read-answer.ts";

export interface FileServerParts {
  readonly home: string;
  /** Starts a worker with these orders, its first, second and fourth descriptors pipes. */
  startWorker(orders: string): ChildProcess;
}

interface FileRefusal {
  readonly status: number;
  readonly code: string;
  readonly why: string;
}

const MAX_WORKERS = 8;
/** Time for a worker whose client is gone to take its draft away. */
const FAREWELL_MS = 5000;
const STATUS: Readonly<Record<Extract<FileAnswer, { ok: false }>["code"], number>> = {
  BAD_REQUEST: 400,
  CANCELLED: 400,
  FILE_NOT_FOUND: 404,
  FILE_REFUSED: 403,
  FILE_EXISTS: 409,
  GUEST_DISK_FULL: 507,
  INTERNAL: 500,
};

/** Files below the home over HTTP. Each request has a worker of its own, and both go as fast as the other. */
export class FileServer {
  readonly #parts: FileServerParts;
  #workers = 0;

  constructor(parts: FileServerParts) {
    this.#parts = parts;
  }

  /** Answers a request that may be answered. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const orders = ordersOf(request, this.#parts.home);
    if (!orders)
      return this.refuse(request, response, {
        status: 400,
        code: "BAD_REQUEST",
        why: "that is no question about a file",
      });
    if (this.#workers >= MAX_WORKERS)
      return this.refuse(request, response, {
        status: 429,
        code: "RATE_LIMITED",
        why: `${MAX_WORKERS} transfers run already`,
      });
    await this.carry(orders, request, response);
  }

  /** Answers by a worker with these orders, and settles when that has ended, however it went. */
  async carry(orders: FileOrders, request: IncomingMessage, response: ServerResponse): Promise<void> {
    let worker: ChildProcess | undefined;
    try {
      worker = this.#start(orders);
      const ended = once(worker, "close");
      ended.catch(() => {}); // one that does not start is told below
      await serve(worker, request, response);
      await ended;
    } catch (error) {
      // A client that hung up: its worker is on its way out already.
      if (response.destroyed) return;
      if (worker) killGroup(worker, "SIGKILL");
      if (response.headersSent) response.destroy();
      else this.refuse(request, response, { status: 500, code: "INTERNAL", why: (error as Error).message });
    }
  }

  /** Reads no more of a request, and says why. */
  refuse(request: IncomingMessage, response: ServerResponse, { status, code, why }: FileRefusal): void {
    request.resume();
    send(response, status, { code, error: why });
  }

  #start(orders: FileOrders): ChildProcess {
    const worker = this.#parts.startWorker(JSON.stringify(orders));
    this.#workers += 1;
    worker.once("close", () => {
      this.#workers -= 1;
    });
    return worker;
  }
}

async function serve(
  worker: ChildProcess,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { stdin, stdout } = worker;
  const whole = worker.stdio[WHOLE_FD] as Writable | null;
  if (!stdin || !stdout || !whole) throw new Error("the file worker has no pipes");
  const failed = new Promise<never>((_, reject) => worker.once("error", reject));
  // A worker that has answered reads no more.
  for (const pipe of [stdin, whole]) pipe.on("error", () => {});
  response.once("close", () => endSoon(worker, { stdin, whole }));
  request.pipe(stdin);
  request.once("end", () => whole.end(request.complete ? WHOLE : ""));
  const answer = await Promise.race([readAnswer(stdout), failed]);
  // What still comes is thrown away, so that the answer can be read.
  request.unpipe(stdin).resume();
  if (!answer.ok) return send(response, STATUS[answer.code], { code: answer.code, error: answer.error });
  response.writeHead(200, {
    "content-type": "application/octet-stream",
    "content-length": answer.size,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  pipeline(stdout, response, () => endSoon(worker, { stdin, whole }));
}

/** Without its input and without the word that it was whole, a worker takes back what it began, and ends. */
function endSoon(worker: ChildProcess, pipes: { readonly stdin: Writable; readonly whole: Writable }): void {
  pipes.whole.end();
  pipes.stdin.end();
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  worker.stdout?.destroy();
  const timer = setTimeout(() => killGroup(worker, "SIGKILL"), FAREWELL_MS);
  worker.once("exit", () => clearTimeout(timer));
}

function ordersOf({ method, url, headers }: IncomingMessage, home: string): FileOrders | undefined {
  const { pathname, searchParams } = new URL(url ?? "", "http://agent");
  const path = searchParams.get("path");
  const ifExists = searchParams.get("ifExists") ?? "replace";
  if (path === null || !isIfExists(ifExists)) return undefined;
  const orders = { home, path, ifExists };
  if (pathname === AGENT_PATHS.fileList) return method === "GET" ? { ...orders, act: "list" } : undefined;
  if (method === "GET") return { ...orders, act: "read" };
  if (method === "DELETE") return { ...orders, act: "remove" };
  const announced = headers["content-length"];
  return { ...orders, act: "write", ...(announced === undefined ? {} : { size: Number(announced) }) };
}

const isIfExists = (word: string): word is FileOrders["ifExists"] =>
  word === "replace" || word === "rename" || word === "refuse";

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}
