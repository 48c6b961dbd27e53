import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { BrowserVmError } from "@browservm/contract";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type WebSocket, WebSocketServer } from "ws";

interface Upgrade {
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly response: ServerResponse;
}

/** Larger messages end the connection, in bytes. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/**
 * WebSockets by way of ordinary routes: an upgrade request goes through the same hooks, checks and error answers as
 * any other, and becomes a WebSocket only when its handler accepts it.
 */
export class Upgrades {
  readonly #waiting = new WeakMap<IncomingMessage, Upgrade>();
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    // What clients of websockify ask for; a client that asks for something must be answered with it.
    handleProtocols: (offered) => (offered.has("binary") ? "binary" : false),
  });

  listen(app: FastifyInstance): void {
    app.server.on("upgrade", (request, socket, head) => {
      socket.on("error", () => socket.destroy());
      const response = new ServerResponse(request);
      response.shouldKeepAlive = false;
      response.assignSocket(socket as Socket);
      response.once("finish", () => socket.end());
      this.#waiting.set(request, { socket, head, response });
      app.routing(request, response);
    });
  }

  /** Refuses an ordinary request on a WebSocket's route. */
  expect({ raw }: FastifyRequest): void {
    if (this.#waiting.has(raw)) return;
    throw new BrowserVmError("BAD_REQUEST", "this route is a WebSocket: send `Connection: Upgrade`", {
      issues: [{ path: "headers.upgrade", message: "must be websocket" }],
    });
  }

  /** Answers the upgrade. From here on the request has no HTTP answer any more. */
  accept(request: FastifyRequest, reply: FastifyReply): Promise<WebSocket> {
    const upgrade = this.#waiting.get(request.raw);
    if (!upgrade) throw new Error("an upgrade was accepted that never came");
    const { socket, head, response } = upgrade;
    this.#waiting.delete(request.raw);
    reply.hijack();
    response.detachSocket(socket as Socket);
    return new Promise((resolve, reject) => {
      // A request that is no proper WebSocket is answered by ws itself, with 400, and its socket closed.
      socket.once("close", () => reject(new BrowserVmError("CANCELLED", "the WebSocket was not opened")));
      this.#server.handleUpgrade(request.raw, socket, head, resolve);
    });
  }
}
