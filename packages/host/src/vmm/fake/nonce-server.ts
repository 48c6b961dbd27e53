import { createServer, type Server } from "node:http";
import { AGENT_PATHS } from "@browservm/contract";
import { showStillPicture } from "./still-picture.ts";

/** A server, not yet listening, of the agent's one open route, and of a display if it has one. */
export function makeNonceServer(answer: () => object | undefined, hasDisplay: boolean): Server {
  const server = createServer((request, response) => {
    const isNonce = request.method === "GET" && request.url === AGENT_PATHS.nonce;
    const body = isNonce ? answer() : {};
    if (!body) return; // the client's patience ends it
    // A connection that is kept would outlive the port's closing.
    response.writeHead(isNonce ? 200 : 401, { "content-type": "application/json", connection: "close" });
    response.end(JSON.stringify(body));
  });
  server.on("upgrade", (request, socket) => {
    if (hasDisplay && request.url === AGENT_PATHS.vnc) showStillPicture(socket);
    else socket.destroy();
  });
  return server;
}
