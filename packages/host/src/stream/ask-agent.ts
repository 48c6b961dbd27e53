import { type ClientRequest, type IncomingMessage, request } from "node:http";
import type { Duplex, Readable } from "node:stream";
import { pipeline } from "node:stream";
import { BrowserVmError, type ErrorCode, isBrowserVmError } from "@browservm/contract";
import { z } from "zod";

export interface AgentQuestion {
  readonly method: "GET" | "PUT" | "DELETE";
  /** With its query. */
  readonly path: string;
  /** Destroyed when the agent reads no more. */
  readonly body?: Readable;
  /** Of the body, where it is known. */
  readonly size?: number | undefined;
  /** How long the answer may take after the question is sent, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A connection to the agent's port, and what it must be told. */
export interface AgentLine {
  readonly stream: Duplex;
  /** The guest's own address and port. */
  readonly host: string;
  readonly token: string;
}

const MAX_REFUSAL_BYTES = 4096;
/** What the agent may refuse with; the guest is not believed anything else. */
const CODES: ReadonlySet<string> = new Set<ErrorCode>([
  "BAD_REQUEST",
  "FILE_NOT_FOUND",
  "FILE_REFUSED",
  "FILE_EXISTS",
  "GUEST_DISK_FULL",
  "RATE_LIMITED",
]);
const RETRY_AFTER_S = 2;
const Refusal = z.object({ code: z.string(), error: z.string() });

/**
 * One question over the agent's HTTP. Answers its answer, not yet read; the connection is the answer's and ends with it.
 * A refusal is thrown in its own words; GUEST_CALL_FAILED, AGENT_UNREACHABLE, CANCELLED, and what the body fails with.
 */
export async function askAgent(line: AgentLine, question: AgentQuestion): Promise<IncomingMessage> {
  const { stream } = line;
  try {
    const response = await send(line, question);
    for (const end of ["end", "close"]) response.once(end, () => stream.destroy());
    if (response.statusCode === 200) return response;
    throw await refusalOf(response);
  } catch (error) {
    stream.destroy();
    throw error;
  }
}

function send(line: AgentLine, question: AgentQuestion): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const call = begin(line, question);
  const cancel = () => reject(new BrowserVmError("CANCELLED", "the transfer was cancelled"));
  question.signal.addEventListener("abort", cancel, { once: true });
  if (question.signal.aborted) cancel();
  const late = new BrowserVmError("AGENT_UNREACHABLE", "the agent does not answer about a file");
  let timer: NodeJS.Timeout | undefined;
  call.once("finish", () => {
    timer = setTimeout(() => reject(late), question.timeoutMs);
  });
  call.once("response", resolve);
  call.once("error", (cause) => reject(brokenOff(cause)));
  if (question.body) {
    pipeline(question.body, call, (error) => {
      if (error) reject(brokenOff(error));
    });
  } else call.end();
  return promise.finally(() => {
    clearTimeout(timer);
    question.signal.removeEventListener("abort", cancel);
  });
}

function begin(
  { stream, host, token }: AgentLine,
  { method, path, body, size }: AgentQuestion,
): ClientRequest {
  const length = body && size !== undefined ? { "content-length": size } : {};
  return request({
    method,
    path,
    createConnection: () => stream,
    // Kept, so that an agent that refuses in the middle of a body does not reset what carries its refusal.
    headers: { host, authorization: `Bearer ${token}`, connection: "keep-alive", ...length },
  });
}

function brokenOff(cause: Error): BrowserVmError {
  if (isBrowserVmError(cause)) return cause;
  return new BrowserVmError("AGENT_UNREACHABLE", "the connection to the agent broke off", {}, { cause });
}

async function refusalOf(response: IncomingMessage): Promise<BrowserVmError> {
  const words = Refusal.safeParse(await readRefusal(response));
  const { code, error } = words.success ? words.data : { code: "", error: "" };
  if (!CODES.has(code))
    return new BrowserVmError("GUEST_CALL_FAILED", `the agent answered ${response.statusCode} about a file`);
  const details = code === "RATE_LIMITED" ? { retryAfterSeconds: RETRY_AFTER_S } : {};
  return new BrowserVmError(code as ErrorCode, error, details);
}

async function readRefusal(response: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of response) {
    text += String(chunk);
    if (text.length > MAX_REFUSAL_BYTES) return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // told as a failed call
  }
}
