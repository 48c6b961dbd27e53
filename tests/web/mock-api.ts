import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import {
  apiRoutes,
  BrowserVmError,
  type CreateSession,
  type Event,
  Event as EventSchema,
  GATE_STEPS,
  type GateReport,
  LINK_GRANTS,
  LogLine,
  type Me,
  ROLE_GRANTS,
  type Scope,
  Session,
  scopesOf,
  type VmId,
} from "@browservm/contract";
import { type WebSocket, WebSocketServer } from "ws";
import { match, readJson, refuse, send } from "./contract-http.ts";
import { FakeDisplay } from "./fake-display.ts";
import { type RfbServer, serveRfb } from "./fake-rfb.ts";
import { MockConnections } from "./mock-connections.ts";
import { freshSession, hostInfo, ME, TTL_SECONDS, vmIdOf, vmOf } from "./mock-facts.ts";
import { MockFiles } from "./mock-files.ts";
import { MockGateway } from "./mock-gateway.ts";
import { MockHost } from "./mock-host.ts";
import { MockPeople } from "./mock-people.ts";
import { MockRest } from "./mock-rest.ts";
import { MockSharing } from "./mock-sharing.ts";
import { MockSignins } from "./mock-signins.ts";
import { MockStock } from "./mock-stock.ts";
import { type Failing, gateStep, passedGate } from "./story.ts";

export const LOGIN_TOKEN = "one-time-token";
const COOKIE = "mock-session=1";
const LAUNCH = ["image", "address", "disk", "tap", "boot", "agent", "verify"] as const;

const NEEDS_HOST: ReadonlySet<keyof typeof apiRoutes> = new Set([
  "createSession",
  "doctor",
  "doctorFix",
  "endSession",
  "host",
  "hostNetwork",
  "listSessions",
  "listSnapshots",
  "makeSnapshot",
  "navigateSession",
]);

/** Launched with the image `broken`, a session fails here. */
const BROKEN: Failing = {
  at: "R6",
  reason: {
    code: "GATE_PATH_UNREACHABLE",
    message: "192.168.100.9 answered no ping: the guest has no route back.",
    fix: "See the evidence for the last hop that answered.",
  },
};

export interface Life {
  session: Session;
  /** From each sign of life. */
  ttlSeconds: number;
  gate: GateReport | null;
  readonly display: FakeDisplay;
  readonly viewers: Map<WebSocket, RfbServer>;
}

interface Asked {
  readonly params: Record<string, string>;
  readonly query: Record<string, string>;
  readonly body: unknown;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** The controller's API as the contract says, with machines that are only told of. Loopback only. */
export class MockApi {
  /** While set, every call that needs hostd is refused. */
  isHostDown = false;
  /** While set, event streams break off and do not come back. */
  hasEvents = true;
  /** Milliseconds that each step of a launch takes. */
  pace = 60;
  /** While not, every sign-in is gone. */
  knowsReaders = true;
  /** Who the link's token stands for. */
  role: Me["role"] = "admin";
  /** And whose account it is. */
  person: Me["person"] = null;
  /** The network of the machine. */
  readonly host = new MockHost();
  /** Its pools and snapshots. */
  readonly stock = new MockStock();
  /** Connections, the vault and the audit log. */
  readonly connections = new MockConnections();
  /** Guided sign-ins. */
  readonly signins = new MockSignins(this);
  /** Pauses, resumes and forks. */
  readonly rest = new MockRest(this);
  /** Links, viewers and the control. */
  readonly sharing = new MockSharing(this);
  /** People, invitations and keys. */
  readonly people = new MockPeople(this);
  /** Video and sound. */
  readonly gateway = new MockGateway();
  /** Who takes the WebSockets of video instead, if somebody does. */
  takeLive: ((socket: WebSocket, request: IncomingMessage) => void) | undefined;
  /** Sizes that displays were asked to have. */
  readonly resizes: { width: number; height: number }[] = [];
  /** Files of sessions. */
  readonly files = new MockFiles();
  readonly idempotencyKeys: string[] = [];
  readonly calls: string[] = [];
  readonly lives = new Map<string, Life>();
  readonly #events: Event[] = [];
  readonly #streams = new Map<ServerResponse, string | null>();
  readonly #webSockets = new WebSocketServer({ noServer: true });
  #isTokenSpent = false;

  get scopes(): ReadonlySet<Scope> {
    return scopesOf(this.role === "link" || this.role === null ? LINK_GRANTS : ROLE_GRANTS[this.role]);
  }

  get me(): Me {
    return { ...ME, role: this.role, scopes: [...this.scopes], person: this.person };
  }

  /** Answers `/v1/*`; false when the path is not ours. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const url = new URL(request.url ?? "/", "http://mock");
    if (!url.pathname.startsWith("/v1/")) return false;
    this.calls.push(`${request.method} ${url.pathname}`);
    try {
      const found = match(request.method ?? "GET", url.pathname);
      if (!found) throw new BrowserVmError("NOT_FOUND", `no route ${url.pathname}`);
      const isOpen = found.route.access === "open";
      if (!isOpen && !(this.knowsReaders && request.headers.cookie?.includes(COOKIE)))
        throw new BrowserVmError("UNAUTHENTICATED", "there is no cookie");
      if (!isOpen && request.method !== "GET" && request.headers["x-csrf-token"] !== "csrf")
        throw new BrowserVmError("CSRF_REFUSED", "the header x-csrf-token is missing");
      const body = found.route.sends === "bytes" ? {} : found.route.body.parse(await readJson(request));
      const query = Object.fromEntries(url.searchParams);
      await this.#answer(found.name, { params: found.params, query, body, request, response });
    } catch (error) {
      refuse(response, error);
    }
    return true;
  }

  /** Upgrades the WebSockets of the display and of the media gateway. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://mock");
    const [, id = "", kind] = /^\/v1\/sessions\/([^/]+)\/(vnc|live)$/.exec(pathname) ?? [];
    const life = this.lives.get(id);
    if (life?.session.status !== "ready") {
      socket.end("HTTP/1.1 409 Conflict\r\n\r\n");
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (viewer) => {
      if (kind === "live") return this.takeLive?.(viewer, request) ?? this.gateway.take(viewer);
      life.viewers.set(viewer, serveRfb(viewer, life.display));
      viewer.on("close", () => life.viewers.delete(viewer));
      this.sharing.come(life, searchParams.get("viewer"), viewer);
    });
  }

  /** A session as if it had been launched long ago. */
  seed(change: Partial<Session> = {}): Life {
    const life = this.make({ image: "browser", url: change.url ?? undefined }, change.createdAt);
    const { session } = life;
    const steps = LAUNCH.map((step, index) => ({
      step,
      status: "done" as const,
      startedAt: session.createdAt,
      durationMs: [2, 9, 31, 14, 640, 21_400, 1900][index] ?? 1,
    }));
    life.gate = passedGate(vmIdOf(session));
    life.session = Session.parse({
      ...session,
      status: "ready",
      readyAt: session.createdAt,
      vm: vmOf(session, steps),
      ...change,
    });
    if (session.status !== "ready") this.#tell(session.id, "session.state");
    return life;
  }

  get only(): Life {
    const [life] = this.lives.values();
    if (!life) throw new Error("there is no session");
    return life;
  }

  dropEvents(): void {
    this.hasEvents = false;
    for (const stream of this.#streams.keys()) stream.destroy();
  }

  change(id: string, part: Partial<Session>, type = "session.state"): void {
    const life = this.#life(id);
    life.session = Session.parse({ ...life.session, ...part });
    this.#tell(id, type);
  }

  /** An event with content, e.g. a repair, about a session or the host. */
  tell(subject: string, type: string, data: Record<string, unknown>): void {
    this.#tell(subject, type, data);
  }

  close(): void {
    for (const stream of this.#streams.keys()) stream.destroy();
    for (const viewer of this.#webSockets.clients) viewer.terminate();
  }

  async #answer(name: keyof typeof apiRoutes, asked: Asked): Promise<void> {
    const { params, body, response } = asked;
    const reply = (value: unknown, headers = {}) => send(response, apiRoutes[name], value, headers);
    const { access } = apiRoutes[name];
    if (access !== "open" && access !== "known" && !this.scopes.has(access))
      throw new BrowserVmError("FORBIDDEN", `this needs the scope ${access}`);
    if (NEEDS_HOST.has(name) && this.isHostDown)
      throw new BrowserVmError(
        "HOST_UNREACHABLE",
        "hostd's socket /run/browservm/hostd.sock does not answer",
      );
    const life = () => this.#life(params.id ?? "");
    if (await this.files.answer(name, asked)) return;
    const stock = this.stock.answer(name, params, body);
    if (stock !== undefined) return reply(stock);
    const connected = this.connections.answer(name, asked);
    if (connected !== undefined) return reply(connected);
    const signed = this.signins.answer(name, params, asked.query, body);
    if (signed !== undefined) return reply(signed);
    if (name === "exportAudit")
      return void response
        .writeHead(200, { "content-type": "application/x-ndjson" })
        .end(this.connections.exported);
    const shared = this.sharing.answer(name, params, body, life);
    if (shared !== undefined) return reply(shared);
    const told = this.people.answer(name, params, body);
    if (told !== undefined)
      return reply(
        told.value,
        told.signsIn ? { "set-cookie": `${COOKIE}; path=/; httponly; samesite=lax` } : {},
      );
    if (name === "pauseSession") return reply(await this.rest.pause(life()));
    if (name === "resumeSession") return reply(this.rest.resume(life()));
    if (name === "forkSession") return reply(this.rest.fork(life()));
    if (name === "heartbeatSession") return reply(this.rest.heartbeat(life()));
    if (name === "login") return this.#login(body as { token: string }, reply);
    if (name === "logout") return reply({}, { "set-cookie": "mock-session=; path=/; max-age=0" });
    if (name === "me") return reply(this.me);
    if (name === "host") return reply(hostInfo(this.lives.size));
    if (name === "listSessions")
      return reply({
        data: [...this.lives.values()].map(({ session }) => session).reverse(),
        nextCursor: null,
      });
    if (name === "hostNetwork") return reply(this.host.picture());
    if (name === "doctor") return reply(this.host.examine(this.#vmOf(body)));
    if (name === "doctorFix")
      return reply(this.host.fix({ ...this.#vmOf(body), apply: (body as { apply: boolean }).apply }));
    if (name === "createSession") return reply(this.#create(asked, body as CreateSession));
    if (name === "getSession") return reply(life().session);
    if (name === "sessionNetwork") return reply({ gate: life().gate });
    if (name === "endSession") return reply(this.#end(life()));
    if (name === "extendSession")
      return reply(this.rest.extend(life(), (body as { ttlSeconds?: number }).ttlSeconds));
    if (name === "navigateSession") return reply(this.#navigate(life(), body as { url: string }));
    if (name === "resizeSession")
      return reply(this.#resize(life(), body as { width: number; height: number }));
    if (name === "screenshot")
      return void response.writeHead(200, { "content-type": "image/png" }).end(life().display.png());
    if (name === "sessionLogs") return this.#logs(asked);
    if (name === "events" || name === "sessionEvents" || name === "signinEvents")
      return this.#stream(asked, params.id ?? null);
    throw new BrowserVmError("NOT_FOUND", `the mock does not serve ${name}`);
  }

  /** The VM that the doctor is asked about; neither VM nor session = the host. */
  #vmOf(body: unknown): { vmId?: VmId } {
    const { sessionId, vmId } = body as { sessionId?: string; vmId?: VmId };
    const id = sessionId ? this.#life(sessionId).session.vm?.id : vmId;
    return id ? { vmId: id } : {};
  }

  #login({ token }: { token: string }, reply: (value: unknown, headers?: object) => void): void {
    if (token !== LOGIN_TOKEN || this.#isTokenSpent)
      throw new BrowserVmError("LOGIN_TOKEN_SPENT", "this token was used before");
    this.#isTokenSpent = true;
    reply(this.me, { "set-cookie": `${COOKIE}; path=/; httponly; samesite=lax` });
  }

  #create({ request }: Asked, body: CreateSession): Session {
    this.idempotencyKeys.push(String(request.headers["idempotency-key"]));
    if (body.image === "missing")
      throw new BrowserVmError("IMAGE_NOT_FOUND", "there is no image “missing”", {
        known: ["browser", "tiny"],
      });
    const life = this.make(body);
    void this.#launch(life, body.image === "broken" ? BROKEN : undefined);
    return life.session;
  }

  /** A session that was just asked for. */
  make(body: Pick<CreateSession, "image" | "url">, createdAt = new Date().toISOString()): Life {
    const session = freshSession(body, createdAt);
    const begun = { gate: null, display: new FakeDisplay(), viewers: new Map() };
    const life: Life = { session, ttlSeconds: TTL_SECONDS, ...begun };
    this.lives.set(session.id, life);
    return life;
  }

  async #launch(life: Life, failing: Failing | undefined): Promise<void> {
    const { id } = life.session;
    const steps: NonNullable<Session["vm"]>["steps"] = [];
    const show = (part: Partial<Session>, type: string) => this.change(id, part, type);
    for (const step of LAUNCH) {
      const startedAt = new Date().toISOString();
      steps.push({ step, status: "running", startedAt });
      show({ vm: vmOf(life.session, steps) }, "vm.step");
      if (step === "verify" && !(await this.#prove(life, failing))) {
        steps.splice(-1, 1, { step, status: "failed", startedAt, durationMs: this.pace });
        const vm = { ...vmOf(life.session, steps), state: "failed" as const, gate: "fail" as const };
        return show(
          { status: "failed", endedAt: new Date().toISOString(), reason: failing?.reason ?? null, vm },
          "session.state",
        );
      }
      await sleep(this.pace);
      steps.splice(-1, 1, {
        step,
        status: "done",
        startedAt,
        durationMs: Date.now() - Date.parse(startedAt),
      });
    }
    if (life.session.status !== "pending") return;
    const vm = { ...vmOf(life.session, steps), state: "ready" as const, gate: "pass" as const };
    show({ status: "ready", readyAt: new Date().toISOString(), vm }, "session.state");
    await sleep(this.pace * 3);
    life.gate?.steps.push(gateStep("R9"));
    this.#tell(id, "gate.step");
  }

  async #prove(life: Life, failing: Failing | undefined): Promise<boolean> {
    const at = new Date().toISOString();
    life.gate = {
      vmId: vmIdOf(life.session),
      run: 1,
      verdict: "running",
      accelerator: "tcg",
      startedAt: at,
      steps: [],
    };
    for (const { id } of GATE_STEPS.filter((step) => step.id !== "R9")) {
      await sleep(this.pace);
      const step = gateStep(id, failing);
      life.gate.steps.push(step);
      this.#tell(life.session.id, "gate.step");
      if (step.verdict === "fail") {
        life.gate.verdict = "fail";
        return false;
      }
    }
    life.gate.verdict = "pass";
    return true;
  }

  #end(life: Life): Session {
    this.change(life.session.id, { status: "ended", endedAt: new Date().toISOString() });
    for (const viewer of life.viewers.keys()) viewer.close(4000, "SESSION_NOT_READY");
    return life.session;
  }

  #navigate(life: Life, { url }: { url: string }): object {
    this.change(life.session.id, { url });
    return {};
  }

  #resize(life: Life, size: { width: number; height: number }): object {
    // the page learns the new size from the display
    life.display.resize(size.width, size.height);
    this.resizes.push(size);
    return size;
  }

  #logs({ query, response, request }: Asked): void {
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    const source = apiRoutes.sessionLogs.query.parse(query).source;
    let count = 0;
    const write = () => {
      count += 1;
      response.write(
        `${JSON.stringify(LogLine.parse({ source, line: `${source} line ${count}: all is well` }))}\n`,
      );
    };
    for (let line = 0; line < 40; line += 1) write();
    const timer = setInterval(write, 300);
    request.on("close", () => clearInterval(timer));
  }

  #stream({ query, request, response }: Asked, subject: string | null): void {
    if (!this.hasEvents) throw new BrowserVmError("HOST_UNREACHABLE", "there are no events now");
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(": open\n\n");
    const after = Number(request.headers["last-event-id"] ?? query.after ?? this.#events.length);
    for (const event of this.#events.slice(after))
      if (subject === null || event.subject === subject) response.write(sse(event));
    this.#streams.set(response, subject);
    request.on("close", () => this.#streams.delete(response));
  }

  #tell(subject: string, type: string, data: Record<string, unknown> = {}): void {
    const seq = this.#events.length + 1;
    const event = EventSchema.parse({ seq, at: new Date().toISOString(), subject, type, data });
    this.#events.push(event);
    for (const [stream, wanted] of this.#streams)
      if (wanted === null || wanted === subject) stream.write(sse(event));
  }

  #life(id: string): Life {
    const life = this.lives.get(id);
    if (!life) throw new BrowserVmError("SESSION_NOT_FOUND", `there is no session ${id}`);
    return life;
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const sse = (event: Event) => `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`;
