import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SERVER_PATH, STANDALONE } from "./build-pages.ts";
import { listenLocally } from "./contract-http.ts";
import type { MockApi } from "./mock-api.ts";

const START_LIMIT_MS = 30_000;

/** The page's own server as it is delivered and built (build-pages.ts). */
export async function startPages(): Promise<{ port: number; close(): Promise<void> }> {
  // a copy, so that a build beside us cannot take its files away
  const home = await mkdtemp(join(tmpdir(), "browservm-web-"));
  await cp(STANDALONE, home, { recursive: true, verbatimSymlinks: true });
  const probe = createServer();
  const port = await listenLocally(probe);
  probe.close();
  await once(probe, "close");
  const child = spawn(process.execPath, [join(home, SERVER_PATH)], {
    env: {
      ...process.env,
      PORT: String(port),
      HOSTNAME: "127.0.0.1",
      NEXT_TELEMETRY_DISABLED: "1",
      NODE_ENV: "production",
    },
    stdio: "ignore",
  });
  // also when a failed set-up ends this process before `close`
  process.on("exit", () => child.kill("SIGKILL"));
  await untilItAnswers(port, child);
  return {
    port,
    close: async () => {
      if (child.exitCode === null) {
        child.kill("SIGKILL");
        await once(child, "exit");
      }
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** What the controller does for the page: one origin, `/v1` to the API, the rest, without cookies, to its server. */
export async function startFront(api: MockApi, pagesPort: number, host = "127.0.0.1") {
  const server = createServer((request, response) => {
    void api.handle(request, response).then((isDone) => {
      if (!isDone) forward(request, response, pagesPort);
    });
  });
  server.on("upgrade", (request, socket, head) => api.upgrade(request, socket, head));
  const port = await listenLocally(server, host);
  return {
    url: `http://${host}:${port}`,
    close: () => {
      api.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

function forward(request: IncomingMessage, response: ServerResponse, port: number): void {
  const onward = httpRequest({
    port,
    host: "127.0.0.1",
    path: request.url,
    method: request.method,
    headers: { ...request.headers, cookie: "" },
  });
  onward.on("response", (reply) => {
    response.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(response);
  });
  onward.on("error", () => response.destroy());
  request.pipe(onward);
}

async function untilItAnswers(port: number, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the page's server ended with ${child.exitCode}`);
    const answer = await fetch(`http://127.0.0.1:${port}/login`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill("SIGKILL");
  throw new Error(`the page's server did not answer in ${START_LIMIT_MS} ms`);
}
