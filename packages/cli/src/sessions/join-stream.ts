import { pipeline } from "node:stream/promises";
import { BrowserVmError, fromProblem, type StreamService } from "@browservm/contract";
import { createWebSocketStream, WebSocket } from "ws";
import type { CliContext, Endpoint } from "../context.ts";

const HANDSHAKE_MS = 30_000;

/** Connects our stdin and stdout to a guest service, until either side ends. */
export async function joinStream(context: CliContext, id: string, service: StreamService): Promise<void> {
  const path = context.client().sessions.streamPath(id, service);
  const socket = connect(context.endpoint(), path);
  await opened(socket);
  const duplex = createWebSocketStream(socket);
  // When the guest hangs up there is nobody left to read our stdin for.
  const down = pipeline(duplex, process.stdout, { end: false }).finally(() => process.stdin.destroy());
  const up = pipeline(process.stdin, duplex, { signal: context.signal });
  await Promise.race([down, up.then(() => down)]).catch((error: unknown) => {
    if (!isHangUp(error)) throw error;
  });
}

function connect(endpoint: Endpoint, path: string): WebSocket {
  const options = { handshakeTimeout: HANDSHAKE_MS, perMessageDeflate: false };
  if (endpoint.kind === "socket") return new WebSocket(`ws+unix://${endpoint.path}:${path}`, options);
  const { baseUrl, apiKey } = endpoint;
  const headers = apiKey ? { authorization: `Bearer ${apiKey}` } : {};
  return new WebSocket(`${baseUrl.replace(/^http/, "ws")}${path}`, { ...options, headers });
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", (error) =>
      reject(new BrowserVmError("NOT_RUNNING", error.message, {}, { cause: error })),
    );
    socket.once("unexpected-response", (_request, response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => reject(problemOf(Buffer.concat(chunks).toString("utf8"))));
    });
  });
}

function problemOf(text: string): BrowserVmError {
  try {
    return fromProblem(JSON.parse(text));
  } catch {
    return fromProblem(text); // not JSON: then it is a protocol error, which is what this says
  }
}

/** The other end closed while we still wrote: the ordinary end of a connection. */
function isHangUp(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return ["ERR_STREAM_PREMATURE_CLOSE", "EPIPE", "ECONNRESET", "ABORT_ERR"].includes(code);
}
