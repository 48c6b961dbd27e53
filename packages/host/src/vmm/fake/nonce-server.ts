import { createServer, type Server } from "node:http";
import { AGENT_PATHS } from "@browservm/contract";

/** A server, not yet listening, of the agent's one open route. */
export const makeNonceServer = (answer: () => object): Server =>
  createServer((request, response) => {
    const isNonce = request.method === "GET" && request.url === AGENT_PATHS.nonce;
    // A connection that is kept would outlive the port's closing.
    response.writeHead(isNonce ? 200 : 401, { "content-type": "application/json", connection: "close" });
    response.end(JSON.stringify(isNonce ? answer() : {}));
  });
