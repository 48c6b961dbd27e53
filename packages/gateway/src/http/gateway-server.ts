import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { GATEWAY_PATHS, GatewayLiveQuery, SessionId } from "@browservm/contract";
import { WebSocketServer } from "ws";
import type { Streams } from "../streams.ts";
import { metricsLines } from "./metrics-lines.ts";

/** Longer messages end the connection: an offer of 64 k characters, as JSON, in bytes. */
const MAX_MESSAGE_BYTES = 512 * 1024;
const STREAMS = GATEWAY_PATHS.streams.replace(":session", "");

/** What the controller asks: not yet listening. */
export function makeServer(streams: Streams): Server {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  const server = createServer((request, response) => answer(streams, request, response));
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    const query = liveQuery(request);
    if (!query) return refuse(socket);
    sockets.handleUpgrade(request, socket, head, (ws) => streams.join(query, ws));
  });
  return server;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

function answer(streams: Streams, { method, url = "" }: IncomingMessage, response: ServerResponse): void {
  const { status, type, body } =
    method === "GET" ? look(streams, url) : text(405, "GET is what is served here\n");
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(body);
}

function look(streams: Streams, url: string): Answer {
  const { pathname } = new URL(url, "http://gateway");
  if (pathname === GATEWAY_PATHS.health) return json({ status: "ok" });
  if (pathname === GATEWAY_PATHS.metrics) return text(200, `${metricsLines(streams.reports()).join("\n")}\n`);
  if (pathname === GATEWAY_PATHS.rtc) return json(streams.rtcReport());
  const session = SessionId.safeParse(pathname.startsWith(STREAMS) ? pathname.slice(STREAMS.length) : "");
  return session.success ? json(streams.report(session.data)) : text(404, "there is nothing here\n");
}

const json = (value: unknown): Answer => ({
  status: 200,
  type: "application/json",
  body: JSON.stringify(value),
});

/** Of the version that Prometheus reads. */
const text = (status: number, body: string): Answer => ({
  status,
  type: "text/plain; version=0.0.4; charset=utf-8",
  body,
});

function liveQuery({ url = "" }: IncomingMessage): GatewayLiveQuery | undefined {
  const { pathname, searchParams } = new URL(url, "http://gateway");
  if (pathname !== GATEWAY_PATHS.live) return undefined;
  return GatewayLiveQuery.safeParse(Object.fromEntries(searchParams)).data;
}

function refuse(socket: Duplex): void {
  socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}
