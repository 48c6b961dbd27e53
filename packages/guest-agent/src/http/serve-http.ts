import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { AGENT_PATHS, STREAM_UPGRADE } from "@browservm/contract/guest/agent-http";
import type { VmIdentity } from "../vm-identity.ts";
import { isFilePath, plainAddress, type Refusal, refusalOf } from "./gatekeeper.ts";
import { join, relayTcp } from "./relay.ts";
import type { FileServer } from "./serve-files.ts";
import type { ProfileServer } from "./serve-profile.ts";

export interface HttpParts {
  readonly identity: VmIdentity;
  readonly bootId: string;
  /** The display's RFB port on loopback; undefined while there is no display. */
  vncPort(): number | undefined;
  /** A new stream of picture and sound, which may take its time; undefined where the image has no helper for it. */
  readonly openMedia: (() => Promise<Socket>) | undefined;
  health(): unknown;
  readonly files: Pick<FileServer, "answer">;
  readonly profile: Pick<ProfileServer, "answer">;
  /** Where a connection arrived; tests stand on loopback and say otherwise. */
  localAddress?(request: IncomingMessage): string;
}

const LIMITS = {
  headersTimeout: 10_000,
  // A file takes as long as it takes; who sends it without the token is cut off at once.
  requestTimeout: 0,
  maxHeaderSize: 8192,
  connections: 64,
} as const;

const GREETING = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${STREAM_UPGRADE}\r\n\r\n`;

/** The agent's HTTP server, not yet listening. */
export function makeHttpServer(parts: HttpParts): Server {
  const { connections, ...timeouts } = LIMITS;
  const server = createServer({ ...timeouts, keepAliveTimeout: 5000 }, (request, response) => {
    const refusal = knock(parts, request);
    if (!refusal && isFilePath(request.url ?? "")) return void parts.files.answer(request, response);
    if (!refusal && request.url === AGENT_PATHS.profile) return void parts.profile.answer(request, response);
    // Nothing else takes a body.
    response.once("finish", () => request.complete || request.destroy());
    request.resume();
    if (refusal) send(response, refusal.status, { error: refusal.why });
    else answer(parts, request, response);
  });
  server.maxConnections = connections;
  server.on("upgrade", (request, socket, head) => upgrade(parts, request, socket, head));
  server.on("clientError", (_error, socket) => socket.destroy());
  return server;
}

function knock(parts: HttpParts, request: IncomingMessage): Refusal | undefined {
  const localAddress = parts.localAddress?.(request) ?? plainAddress(request.socket.localAddress);
  const path = request.url ?? "";
  return refusalOf(
    { method: request.method ?? "", path, headers: request.headers, localAddress },
    parts.identity,
  );
}

function answer(parts: HttpParts, request: IncomingMessage, response: ServerResponse): void {
  if (request.url === AGENT_PATHS.nonce)
    send(response, 200, { ...parts.identity.known, bootId: parts.bootId });
  else if (request.url === AGENT_PATHS.health) send(response, 200, parts.health());
  else if (isStream(request.url)) send(response, 400, { error: "this is a stream: upgrade" });
  else send(response, 404, { error: "no such path" });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, {
    "content-type": "application/json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(JSON.stringify(body));
}

const STREAMS: readonly string[] = [AGENT_PATHS.vnc, AGENT_PATHS.media];
const isStream = (url: string | undefined): boolean => url !== undefined && STREAMS.includes(url);

function upgrade(parts: HttpParts, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.on("error", () => socket.destroy());
  const refusal = knock(parts, request) ?? wrongUpgrade(request);
  if (refusal) refuseUpgrade(socket, refusal.status, refusal.why);
  else if (request.url === AGENT_PATHS.media) upgradeToMedia(parts, socket, head);
  else upgradeToVnc(parts, socket, head);
}

function upgradeToVnc(parts: HttpParts, socket: Duplex, head: Buffer): void {
  const port = parts.vncPort();
  if (port === undefined) refuseUpgrade(socket, 503, "there is no display");
  else
    relayTcp(socket, {
      port,
      head,
      greet: () => socket.write(GREETING),
      refuse: (why) => refuseUpgrade(socket, 502, why),
    });
}

/** The client is told at once: what it waits for may have to be started, which emulated takes longer than a request. */
function upgradeToMedia({ openMedia }: HttpParts, socket: Duplex, head: Buffer): void {
  if (!openMedia) {
    refuseUpgrade(socket, 503, "this image sends no media");
    return;
  }
  socket.write(GREETING);
  openMedia().then(
    (service) => join(socket, service, head),
    () => socket.destroy(), // the reason is in our log
  );
}

function wrongUpgrade({ url, headers }: IncomingMessage): Refusal | undefined {
  if (!isStream(url)) return { status: 404, why: "no such stream" };
  return headers.upgrade === STREAM_UPGRADE ? undefined : { status: 400, why: "unknown upgrade" };
}

function refuseUpgrade(socket: Duplex, status: number, why: string): void {
  const body = JSON.stringify({ error: why });
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}
