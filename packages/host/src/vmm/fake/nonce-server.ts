import { createServer } from "node:http";
import { AGENT_PATHS } from "@browservm/contract";

/** The agent's one open route, at `address:port`. */
export function serveNonce(where: string, answer: () => object): void {
  const [host, port] = where.split(":");
  const server = createServer((request, response) => {
    const isNonce = request.method === "GET" && request.url === AGENT_PATHS.nonce;
    response.writeHead(isNonce ? 200 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify(isNonce ? answer() : {}));
  });
  server.listen(Number(port), host);
}
