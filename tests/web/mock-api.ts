import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import {
  apiRoutes,
  BrowserVmError,
  type CreateSession,
  type GateReport,
  LINK_GRANTS,
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
import { MockClipboard } from "./mock-clipboard.ts";
import { MockConnections } from "./mock-connections.ts";
import { MockEgress } from "./mock-egress.ts";
import { MockEvents } from "./mock-events.ts";
import { freshSession, hostInfo, ME, TTL_SECONDS } from "./mock-facts.ts";
import { MockFiles } from "./mock-files.ts";
import { MockGateway } from "./mock-gateway.ts";
import { MockHost } from "./mock-host.ts";
import { launched, MockLaunch } from "./mock-launch.ts";
import { writeLogs } from "./mock-logs.ts";
import { MockPeople } from "./mock-people.ts";
import { MockProfiles } from "./mock-profiles.ts";
import { MockRest } from "./mock-rest.ts";
import { MockSharing } from "./mock-sharing.ts";
import { MockSignins } from "./mock-signins.ts";
import { MockStock } from "./mock-stock.ts";

export const LOGIN_TOKEN = "one-time-token";
const COOKIE = "mock-session=1";

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

export interface Life {
  session: Session;
  /** From each sign of life. */
  ttlSeconds: number;
  gate: GateReport | null;
  readonly display: FakeDisplay;
  readonly viewers: Map<WebSocket, RfbServer>;
}

/** A call, as its route read it. */
export interface Asked {
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
  /** Browser profiles. */
  readonly profiles = new MockProfiles(this);
  /** Where sessions may go. */
  readonly egress = new MockEgress();
  /** Guided sign-ins. */
  readonly signins = new MockSignins(this);
  /** Pauses, resumes and forks. */
  readonly rest = new MockRest(this);
  /** Links, viewers and the control. */
  readonly sharing = new MockSharing(this);
  /** People, invitations and keys. */
  readonly people = new MockPeople(this);
  /** What happened. */
  readonly events = new MockEvents();
  /** Video and sound. */
  readonly gateway = new MockGateway();
  /** Who takes the WebSockets of video instead, if somebody does. */
  takeDisplay: ((socket: WebSocket) => void) | undefined;
  takeLive: ((socket: WebSocket, request: IncomingMessage) => void) | undefined;
  /** Sizes that displays were asked to have. */
  readonly resizes: { width: number; height: number }[] = [];
  /** Files of sessions. */
  readonly files = new MockFiles();
  /** Images for their clipboards. */
  readonly clipboard = new MockClipboard();
  /** Sessions that were asked for. */
  readonly created: CreateSession[] = [];
  readonly idempotencyKeys: string[] = [];
  readonly calls: string[] = [];
  readonly lives = new Map<string, Life>();
  readonly #launch = new MockLaunch(this);
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
      if (kind === "live") return this.takeLive ? this.takeLive(viewer, request) : this.gateway.take(viewer);
      if (this.takeDisplay) return this.takeDisplay(viewer);
      life.viewers.set(viewer, serveRfb(viewer, life.display));
      viewer.on("close", () => life.viewers.delete(viewer));
      this.sharing.come(life, searchParams.get("viewer"), viewer);
    });
  }

  /** A session as if it had been launched long ago. */
  seed(change: Partial<Session> = {}): Life {
    const life = this.make({ image: "browser", url: change.url ?? undefined }, change.createdAt);
    launched(life, change);
    this.events.tell(life.session.id, "session.state");
    return life;
  }

  get only(): Life {
    const [life] = this.lives.values();
    if (!life) throw new Error("there is no session");
    return life;
  }

  dropEvents(): void {
    this.events.isOpen = false;
    this.events.close();
  }

  change(id: string, part: Partial<Session>, type = "session.state"): void {
    const life = this.#life(id);
    life.session = Session.parse({ ...life.session, ...part });
    this.events.tell(id, type);
  }

  /** An event with content, e.g. a repair, about a session or the host. */
  tell(subject: string, type: string, data: Record<string, unknown> = {}): void {
    this.events.tell(subject, type, data);
  }

  close(): void {
    this.events.close();
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
    if ((await this.files.answer(name, asked)) || (await this.clipboard.answer(name, asked))) return;
    const stock = this.stock.answer(name, params, body);
    if (stock !== undefined) return reply(stock);
    const connected = this.connections.answer(name, asked);
    if (connected !== undefined) return reply(connected);
    const kept = this.profiles.answer(name, params, asked.query, body);
    if (kept !== undefined) return reply(kept);
    const egress = this.egress.answer(name, body);
    if (egress !== undefined) return reply(egress);
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
    if (name === "createSession") {
      this.idempotencyKeys.push(String(asked.request.headers["idempotency-key"]));
      this.created.push(body as CreateSession);
      return reply(this.#launch.start(body as CreateSession));
    }
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
    if (name === "sessionLogs") return writeLogs(asked);
    if (name === "events" || name === "sessionEvents" || name === "signinEvents")
      return this.events.stream(asked, params.id ?? null);
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

  /** A session that was just asked for. */
  make(body: Pick<CreateSession, "image" | "url">, createdAt = new Date().toISOString()): Life {
    const session = freshSession(body, createdAt);
    const begun = { gate: null, display: new FakeDisplay(), viewers: new Map() };
    const life: Life = { session, ttlSeconds: TTL_SECONDS, ...begun };
    this.lives.set(session.id, life);
    return life;
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

  #life(id: string): Life {
    const life = this.lives.get(id);
    if (!life) throw new BrowserVmError("SESSION_NOT_FOUND", `there is no session ${id}`);
    return life;
  }
}
