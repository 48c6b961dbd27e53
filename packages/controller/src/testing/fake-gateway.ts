import { createServer, type Server } from "node:http";
import { GATEWAY_PATHS, type StreamReport } from "@browservm/contract";
import { type WebSocket, WebSocketServer } from "ws";

/** A media gateway that says hello, and back what it hears. */
export class FakeGateway implements AsyncDisposable {
  readonly #server: Server;
  /** Who came, as the controller introduced them. */
  readonly queries: Record<string, string>[] = [];
  readonly sockets: WebSocket[] = [];
  report: StreamReport = { rtc: null, source: null, viewers: [] };

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(path: string): Promise<FakeGateway> {
    const server = createServer();
    const gateway = new FakeGateway(server);
    server.on("request", ({ url = "" }, response) => {
      response.end(gateway.#answer(url));
    });
    new WebSocketServer({ server }).on("connection", (ws, { url = "" }) => gateway.#welcome(url, ws));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return gateway;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const ws of this.sockets) ws.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(url: string): string {
    if (url === GATEWAY_PATHS.rtc) return JSON.stringify(this.report.rtc);
    return url.startsWith("/v1/streams/") ? JSON.stringify(this.report) : "browservm_live_viewers 3\n";
  }

  #welcome(url: string, ws: WebSocket): void {
    this.queries.push(Object.fromEntries(new URL(url, "http://gateway").searchParams));
    this.sockets.push(ws);
    ws.on("error", () => {});
    ws.on("message", (data, isBinary) => ws.send(data, { binary: isBinary }));
    ws.send("hello");
  }
}
