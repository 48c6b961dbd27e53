import type { IncomingMessage } from "node:http";
import type { ViewerStream } from "@browservm/contract";
import type { Browser, Page } from "playwright-core";
import type { WebSocket } from "ws";
import { withLive } from "../../packages/controller/src/doctor/judge-live.ts";
import { GatewayFixture } from "../../packages/gateway/src/testing/gateway-fixture.ts";
import { openPage } from "./chromium.ts";
import { connectViewer, playTo } from "./gateway-link.ts";
import { LOGIN_TOKEN, MockApi } from "./mock-api.ts";
import { SERVER_ADDRESS, ViewerMachine } from "./viewer-machine.ts";
import { WATCH } from "./watch-page.ts";
import { startFront, startPages } from "./web-app.ts";

/** The product's page on a viewer's machine, a real gateway on ours, and a guest that plays a clip. */
export class LadderFixture implements AsyncDisposable {
  readonly machine: ViewerMachine;
  readonly page: Page;
  readonly url: string;
  readonly #api: MockApi;
  readonly #gateway: GatewayFixture;
  readonly #browser: Browser;
  readonly #rest: AsyncDisposableStack;
  /** Ports of this machine's side of the connections of video, the newest last. */
  readonly livePorts: number[] = [];
  #dropLive: ((matches: readonly string[]) => void) | undefined;

  private constructor(parts: {
    machine: ViewerMachine;
    page: Page;
    url: string;
    api: MockApi;
    gateway: GatewayFixture;
    browser: Browser;
    rest: AsyncDisposableStack;
  }) {
    this.machine = parts.machine;
    this.page = parts.page;
    this.url = parts.url;
    this.#api = parts.api;
    this.#gateway = parts.gateway;
    this.#browser = parts.browser;
    this.#rest = parts.rest;
    parts.api.takeLive = (ws, request) => this.#bridge(ws, request);
  }

  static async start(): Promise<LadderFixture> {
    await using undo = new AsyncDisposableStack();
    const machine = undo.use(new ViewerMachine());
    const pages = await startPages();
    undo.defer(() => pages.close());
    const api = new MockApi();
    const front = await startFront(api, pages.port, SERVER_ADDRESS);
    undo.defer(() => front.close());
    const gateway = undo.use(await GatewayFixture.start({ rtc: true, media: { listen: SERVER_ADDRESS } }));
    undo.use(playTo(gateway));
    const browser = await machine.launch(front.url);
    undo.defer(() => browser.close());
    const { page } = await openPage(browser);
    await page.addInitScript(WATCH);
    return new LadderFixture({ machine, page, url: front.url, api, gateway, browser, rest: undo.move() });
  }

  get rtcPort(): number {
    return this.#gateway.gateway.rtcPort ?? 0;
  }

  get display() {
    return this.#api.only.display;
  }

  async openSession(page: Page = this.page): Promise<void> {
    const isFirst = this.#api.lives.size === 0;
    const { session } = isFirst ? this.#seed() : this.#api.only;
    const path = `/sessions/${session.id}`;
    await page.goto(this.url + (isFirst ? `/login#token=${LOGIN_TOKEN}&next=${path}` : path));
    await page.getByText("Live", { exact: true }).waitFor();
  }

  /** Another person on that machine, signed in. */
  async another(): Promise<Page> {
    const context = await this.#browser.newContext({
      storageState: await this.page.context().storageState(),
    });
    const page = await context.newPage();
    await page.addInitScript(WATCH);
    return page;
  }

  async viewers(): Promise<ViewerStream[]> {
    return (await this.#gateway.report()).viewers;
  }

  /** By which way its pictures come, as the page says. */
  async way(page: Page = this.page): Promise<string> {
    return (await page.getByTestId("way").textContent()) ?? "";
  }

  /** What the doctor says of the picture: blamed or warned of. */
  async named(): Promise<string[]> {
    const host = {
      version: 1,
      runId: "",
      at: new Date().toISOString(),
      subject: "vm",
      verdict: "healthy",
    } as const;
    const none = {
      rootCauses: [],
      findings: [],
      lastSeen: [],
      timing: { snapshotMs: 0, probeMs: 0, totalMs: 0 },
    };
    const report = await this.#gateway.report();
    const { findings } = withLive({ ...host, ...none }, { gateway: { report } });
    return findings
      .filter(
        ({ verdict, suppressedBy }) => verdict !== "pass" && verdict !== "skip" && suppressedBy.length === 0,
      )
      .map(({ code }) => code);
  }

  /** Tells by what packets the connections of video are known now, and again when there is another one. */
  dropLive(drop: ((matches: readonly string[]) => void) | undefined): void {
    this.#dropLive = drop;
    drop?.(this.#liveMatches());
  }

  /** How many pictures video has painted, by all its elements. */
  painted(): Promise<number> {
    return this.page.evaluate<number>("videoFrames()");
  }

  /** A number of the sound that came by WebRTC; `totalAudioEnergy` is the integral of the power that was played. */
  sound(name: "totalAudioEnergy" | "packetsReceived"): Promise<number> {
    return this.page.evaluate<number>(`soundOf("${name}")`);
  }

  #liveMatches(): string[] {
    const ports = `{ ${this.livePorts.join(", ")} }`;
    return [`tcp sport ${ports}`, `tcp dport ${ports}`];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#rest.disposeAsync();
  }

  #seed() {
    const life = this.#api.seed({ url: "https://example.com/" });
    const { vm } = life.session;
    if (vm) this.#api.change(life.session.id, { vm: { ...vm, accelerator: "kvm" } });
    return life;
  }

  /** What the controller does. */
  #bridge(ws: WebSocket, request: IncomingMessage): void {
    ws.pause();
    this.livePorts.push(request.socket.remotePort ?? 0);
    this.#dropLive?.(this.#liveMatches());
    // connections are told apart by their tags
    const take = (bytes: Buffer) => this.#api.only.viewers.forEach((one) => void one.take(bytes));
    connectViewer(this.#gateway, ws, request, take);
  }
}
