import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { apiRoutes, BrowserVmError, type Route } from "@browservm/contract";

export interface Found {
  readonly name: keyof typeof apiRoutes;
  readonly route: Route;
  readonly params: Record<string, string>;
}

export function match(method: string, path: string): Found | null {
  for (const [name, route] of Object.entries(apiRoutes)) {
    const pattern = new RegExp(
      `^${route.path.replace(/:([a-z]+)/gi, "(?<$1>[^/]+)").replace(/\*$/, "(?<rest>.+)")}$`,
    );
    const hit = route.method === method ? pattern.exec(path) : null;
    if (hit) return { name: name as keyof typeof apiRoutes, route, params: { ...hit.groups } };
  }
  return null;
}

export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString());
}

/** A reply that breaks the contract is a bug of the mock, and fails the test that asked. */
export function send(response: ServerResponse, route: Route, value: unknown, headers: object): void {
  const body = JSON.stringify(route.reply.parse(value));
  response.writeHead(route.status, { "content-type": "application/json", ...headers }).end(body);
}

export function refuse(response: ServerResponse, error: unknown): void {
  const problem = (
    error instanceof BrowserVmError ? error : new BrowserVmError("INTERNAL", String(error))
  ).toProblem();
  response
    .writeHead(problem.status, { "content-type": "application/problem+json" })
    .end(JSON.stringify(problem));
}

export const listenLocally = (server: Server, host = "127.0.0.1"): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, host, () => resolve((server.address() as { port: number }).port));
  });
