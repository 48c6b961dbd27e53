import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Config, GATEWAY_PATHS, paths, StreamReport } from "@browservm/contract";
import { pino } from "pino";
import { type Gateway, startGateway } from "../start-gateway.ts";
import { FakeGuest } from "./fake-guest.ts";
import { TestViewer } from "./test-viewer.ts";

export const SESSION = `ses_${"a".repeat(20)}`;
export const vmId = (letter: string) => `vm_${letter.repeat(20)}`;
const viewerId = (letter: string) => `vwr_${letter.repeat(20)}`;

export interface FixtureSettings {
  readonly media?: Partial<Config["media"]>;
  readonly lingerMs?: number;
  /** On any port of loopback. */
  readonly rtc?: boolean;
  readonly rtcPort?: number;
}

export interface Joining {
  readonly viewer?: string;
  readonly control?: "0" | "1";
  readonly vm?: string;
}

/** A gateway with one fake guest behind a fake hostd, all in a directory of its own. */
export class GatewayFixture implements AsyncDisposable {
  readonly gateway: Gateway;
  readonly guest: FakeGuest;
  /** What the gateway warned of. */
  readonly warnings: string[];
  readonly #directory: string;
  readonly #viewers: TestViewer[] = [];

  private constructor(directory: string, gateway: Gateway, guest: FakeGuest, warnings: string[]) {
    this.#directory = directory;
    this.warnings = warnings;
    this.gateway = gateway;
    this.guest = guest;
  }

  static async start({
    media,
    lingerMs = 200,
    rtc = false,
    rtcPort = 0,
  }: FixtureSettings = {}): Promise<GatewayFixture> {
    const directory = await mkdtemp(join(tmpdir(), "bvm-gw-"));
    const settings = { port: rtc ? 4001 : 0, ...media };
    const config = Config.parse({ runDir: directory, stateDir: directory, media: settings });
    const guest = await FakeGuest.listen(paths(config).hostSocket);
    const warnings: string[] = [];
    const log = pino({ level: "warn" }, { write: (line) => warnings.push(JSON.parse(line).msg) });
    const gateway = await startGateway({ config, log, lingerMs, rtcPort });
    return new GatewayFixture(directory, gateway, guest, warnings);
  }

  connect(query: Record<string, string>): TestViewer {
    const viewer = new TestViewer(
      `ws+unix:${this.gateway.socketPath}:${GATEWAY_PATHS.live}?${new URLSearchParams(query)}`,
    );
    this.#viewers.push(viewer);
    return viewer;
  }

  join({ viewer = "a", control = "1", vm = "b" }: Joining = {}): Promise<TestViewer> {
    const query = { session: SESSION, vm: vmId(vm), viewer: viewerId(viewer), control };
    return this.connect(query).opened();
  }

  async get(path: string): Promise<{ status: number | undefined; body: string }> {
    return new Promise((resolve, reject) => {
      const call = request({ socketPath: this.gateway.socketPath, path, agent: false }, (response) => {
        text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
      });
      call.once("error", reject);
      call.end();
    });
  }

  async report(): Promise<StreamReport> {
    const { body } = await this.get(GATEWAY_PATHS.streams.replace(":session", SESSION));
    return StreamReport.parse(JSON.parse(body));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { ws } of this.#viewers) ws.terminate();
    await this.gateway[Symbol.asyncDispose]();
    await this.guest[Symbol.asyncDispose]();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
