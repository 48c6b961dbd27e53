import { paths } from "@browservm/contract";
import { BrowserVM, type CreateOptions, type SessionHandle } from "@browservm/sdk";
import { WebSocket } from "ws";
import type { ViewKind } from "../live-view/seat.ts";
import { FakeGateway } from "./fake-gateway.ts";
import { TestController } from "./test-controller.ts";
import { closed, opened } from "./web-sockets.ts";

export const HELLO = Buffer.concat([Buffer.from("RFB 003.008\n"), Buffer.from([1, 1])]);

export const viewerId = (letter: string) => `vwr_${letter.repeat(20)}`;

/** How a view is opened. */
export interface Way {
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
}

export const byToken = (token: string, letter: string): Way => ({
  query: { token, viewer: viewerId(letter) },
});

/** A ready session with guests and operators who look at it; each connection to its VM is heard. */
export class SharingFixture implements AsyncDisposable {
  readonly t: TestController;
  readonly operator: BrowserVM;
  readonly session: SessionHandle;
  readonly sockets: WebSocket[] = [];
  /** What each connection to the guest has heard. */
  readonly #heard: Buffer[] = [];

  private constructor(t: TestController, operator: BrowserVM, session: SessionHandle) {
    this.t = t;
    this.operator = operator;
    this.session = session;
    t.host.streamEnd = (socket) => {
      const at = this.#heard.push(Buffer.alloc(0)) - 1;
      socket.on("data", (chunk: Buffer) => {
        this.#heard[at] = Buffer.concat([this.#heard[at] ?? Buffer.alloc(0), chunk]);
      });
    };
  }

  static async start(request: CreateOptions = {}): Promise<SharingFixture> {
    const t = await TestController.start();
    const operator = await t.user();
    const session = await operator.sessions.create(request);
    await session.waitFor("ready");
    return new SharingFixture(t, operator, session);
  }

  /** The same beside a gateway; the caller disposes of both, for some tests do without it for a while. */
  static async startBesideGateway(
    request: CreateOptions = {},
  ): Promise<readonly [SharingFixture, FakeGateway]> {
    const fixture = await SharingFixture.start(request);
    return [fixture, await fixture.openGateway()];
  }

  openGateway(): Promise<FakeGateway> {
    return FakeGateway.listen(paths(this.t.config).gatewaySocket);
  }

  connect({ query = {}, headers = {} }: Way, view: ViewKind = "vnc"): WebSocket {
    const path = `/v1/sessions/${this.session.id}/${view}?${new URLSearchParams(query)}`;
    const ws = new WebSocket(this.t.url.replace("http", "ws") + path, { headers });
    this.sockets.push(ws);
    return ws;
  }

  /** An open view that has said hello, and what its guest has heard since. */
  async view(way: Way) {
    const at = this.#heard.length;
    const ws = await opened(this.connect(way));
    const guest = () => this.#heard[at]?.subarray(HELLO.length) ?? Buffer.alloc(0);
    ws.send(HELLO);
    return { ws, guest, end: closed(ws) };
  }

  /** An open view of the video, with what came over it. */
  async live(way: Way) {
    const ws = this.connect(way, "live");
    const heard: Array<string | Buffer> = [];
    ws.on("message", (data: Buffer, isBinary) => heard.push(isBinary ? data : data.toString()));
    const end = closed(ws);
    await opened(ws);
    return { ws, heard, end };
  }

  /** Signs in by a link; answers how to open a view, and what a change needs. */
  async byCookie(token: string, letter: string) {
    const { cookie, csrfToken } = await this.t.login(token);
    const way = { query: { viewer: viewerId(letter) }, headers: { cookie, origin: this.t.url } };
    return { way, headers: { cookie, "x-csrf-token": csrfToken } };
  }

  guestClient(token: string): BrowserVM {
    return new BrowserVM({ baseUrl: this.t.url, apiKey: token, retries: 0 });
  }

  /** Who has the control: one at most. */
  async holders(): Promise<string[]> {
    const { viewers } = await this.session.listViewers();
    return viewers.filter(({ hasControl }) => hasControl).map(({ id }) => id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const ws of this.sockets) ws.terminate();
    await this.t[Symbol.asyncDispose]();
  }
}
