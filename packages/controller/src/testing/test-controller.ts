import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { Config, type Grant, paths } from "@browservm/contract";
import { BrowserVM } from "@browservm/sdk";
import { connectToSocket } from "@browservm/sdk/node";
import type { SlowSenders } from "../http/slow-senders.ts";
import { makeLogger } from "../log.ts";
import { type Controller, startController } from "../start-controller.ts";
import { openStore, type Store } from "../store/store.ts";
import { FakeHost } from "./fake-host.ts";

export interface TestSettings {
  readonly limits?: Partial<Config["limits"]>;
  readonly publicUrl?: string;
  readonly webListen?: string;
  readonly trustedProxies?: readonly string[];
  readonly pools?: readonly Config["pools"][number][];
  readonly vault?: Config["vault"];
  readonly profiles?: Config["profiles"];
  readonly signins?: Config["signins"];
  readonly auth?: Config["auth"];
  readonly clipboard?: Config["clipboard"];
}

/** A controller with a fake host, in a directory of its own; it can be killed and started again. */
export class TestController implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), "bvm-api-"));
  config: Config;
  readonly host: FakeHost;
  /** From the next start on, how long bodies of requests may take. */
  slowSenders: SlowSenders | undefined;
  /** Everything that was logged. */
  logged = "";
  #controller: Controller | undefined;
  #admin: (BrowserVM & AsyncDisposable) | undefined;

  constructor(settings: TestSettings = {}) {
    this.config = Config.parse({
      listen: "127.0.0.1:0",
      // Nobody listens on the discard port: the page is away unless a test brings one.
      webListen: "127.0.0.1:9",
      stateDir: join(this.directory, "state"),
      runDir: this.directory,
      logLevel: "debug",
      ...settings,
    });
    this.host = new FakeHost(paths(this.config).hostSocket);
  }

  static async start(settings: TestSettings = {}): Promise<TestController> {
    const made = new TestController(settings);
    await made.host.start();
    await made.startController();
    return made;
  }

  /** The client on the unix socket, which is admin. */
  get admin(): BrowserVM {
    this.#admin ??= connectToSocket(paths(this.config).controllerSocket, { retries: 0 });
    return this.#admin;
  }

  get url(): string {
    return `http://${this.#controller?.listen}`;
  }

  async startController(): Promise<void> {
    const sink = new Writable({
      write: (chunk: Buffer, _, done) => {
        this.logged += chunk.toString("utf8");
        done();
      },
    });
    const log = makeLogger(this.config.logLevel, sink);
    this.#controller = await startController({
      config: this.config,
      log,
      version: "0.0.0-test",
      passwordCost: 2 ** 11,
      slowSenders: this.slowSenders,
    });
  }

  /** Stops it and starts it with other settings. */
  async restartController(settings: TestSettings = {}): Promise<void> {
    await this.stopController();
    this.config = Config.parse({ ...this.config, ...settings });
    await this.startController();
  }

  async stopController(): Promise<void> {
    await this.#controller?.[Symbol.asyncDispose]();
    this.#controller = undefined;
  }

  /** A client with a fresh API key. */
  async user(role: "user" | "admin" = "user"): Promise<BrowserVM> {
    const { secret } = await this.admin.createApiKey({ name: "test", role });
    return new BrowserVM({ baseUrl: this.url, apiKey: secret, retries: 0 });
  }

  /** A client with a fresh key of these scopes, of a project. */
  async keyed(of: { readonly project: string; readonly scopes: readonly Grant[] }): Promise<BrowserVM> {
    const { secret } = await this.admin.createApiKey({
      name: "test",
      project: of.project,
      scopes: [...of.scopes],
    });
    return new BrowserVM({ baseUrl: this.url, apiKey: secret, retries: 0 });
  }

  /** Signs a browser in; answers what it would keep. */
  async signIn(): Promise<{ cookie: string; csrfToken: string }> {
    const { token } = await this.admin.createLoginToken();
    return this.login(token);
  }

  async login(token: string): Promise<{ cookie: string; csrfToken: string }> {
    const reply = await this.fetch("POST", "/v1/login", { body: { token } });
    const { csrfToken } = (await reply.json()) as { csrfToken: string };
    const [cookie = ""] = (reply.headers.get("set-cookie") ?? "").split(";");
    return { cookie, csrfToken };
  }

  /** As if the time of every view link were over. */
  async expireViewTokens(): Promise<void> {
    const store = await openStore(paths(this.config).controllerDatabase);
    await store
      .updateTable("view_token")
      .set({ expires_at: new Date(0).toISOString() })
      .execute();
    await store.destroy();
  }

  /** As if the session's time were over. */
  async expireSession(id: string): Promise<void> {
    const store = await openStore(paths(this.config).controllerDatabase);
    await store
      .updateTable("session")
      .set({ expires_at: new Date(0).toISOString() })
      .where("id", "=", id)
      .execute();
    await store.destroy();
  }

  /** Works on the database of a controller that is stopped, or beside one that runs. */
  async withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
    const store = await openStore(paths(this.config).controllerDatabase);
    try {
      return await work(store);
    } finally {
      await store.destroy();
    }
  }

  /** As if we had died between writing the session down and asking hostd for its VM. */
  async forgetVm(id: string): Promise<void> {
    const store = await openStore(paths(this.config).controllerDatabase);
    const nothing = { status: "pending", vm_json: null, gate_json: null, ready_at: null };
    await store.updateTable("session").set(nothing).where("id", "=", id).execute();
    await store.destroy();
  }

  /** Everything that the database's files hold. */
  databaseBytes(): Buffer {
    const file = paths(this.config).controllerDatabase;
    return Buffer.concat([file, `${file}-wal`].filter(existsSync).map((path) => readFileSync(path)));
  }

  /** A bare request over TCP. */
  fetch(
    method: string,
    path: string,
    { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return fetch(this.url + path, {
      method,
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: text }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#admin?.[Symbol.asyncDispose]();
    await this.stopController();
    await this.host[Symbol.asyncDispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
