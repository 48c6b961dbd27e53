import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Config, paths, silentProgress } from "@browservm/contract";
import type { BrowserVM } from "@browservm/sdk";
import { connectToSocket } from "@browservm/sdk/node";
import { Output } from "../../packages/cli/src/output.ts";
import { ensureMachineNetwork, removeMachineNetwork } from "../../packages/cli/src/up/machine-network.ts";
import { clearRunDirectory, layOutDirectories } from "../../packages/cli/src/up/places.ts";
import { controllerSpec, gatewaySpec, hostdSpec, webSpec } from "../../packages/cli/src/up/service-specs.ts";
import { Supervisor } from "../../packages/cli/src/up/supervisor.ts";
import { claimMachine } from "../../packages/cli/src/up/up-record.ts";
import { removeVms } from "../../packages/cli/src/up/vms.ts";
import { buildWeb } from "../../packages/cli/src/up/web-build.ts";
import { HostClient } from "../../packages/controller/src/host/host-client.ts";

/** The processes that `browservm up` keeps alive, but the page's server, which has no part in a sign-in. */
export const SERVICES = ["hostd", "gateway", "controller"] as const;
export type ServiceName = (typeof SERVICES)[number] | "web";

const RELEASE = join(import.meta.dirname, "../..");
/** The tests' own user: the checkout may be one that nobody else can read. */
const USER = { name: "root", uid: 0, gid: 0 };
const BACK_MS = 240_000;
/** What was killed is gone by then; what is not is told by whoever removes the namespace. */
const GONE_MS = 5000;
const PAGE_MS = 10_000;

/** What a supervisor says, kept for the report of a failure. */
class Notes extends Output {
  readonly lines: string[] = [];

  constructor() {
    super({ json: true });
  }

  override note(line: string): void {
    this.lines.push(line);
  }
}

type KillSettings = Readonly<Record<string, unknown>>;

interface KillMachineOptions {
  /** Puts images there before anything starts. */
  readonly lay: (images: string) => Promise<void>;
  /** Also the page's server, which must be built. */
  readonly hasPage: boolean;
}

/** hostd, gateway and controller under the supervisor of `browservm up`, with state of their own; made to be killed. */
export class KillMachine implements AsyncDisposable {
  readonly config: Config;
  readonly client: BrowserVM & AsyncDisposable;
  readonly host: HostClient;
  readonly notes: Notes;
  readonly #supervisor: Supervisor;

  private constructor(config: Config, supervisor: Supervisor, notes: Notes) {
    const { controllerSocket, hostSocket } = paths(config);
    this.config = config;
    this.notes = notes;
    this.client = connectToSocket(controllerSocket, { retries: 0 });
    this.host = new HostClient({ socketPath: hostSocket, timeoutScale: 1 });
    this.#supervisor = supervisor;
  }

  static async start(settings: KillSettings, { lay, hasPage }: KillMachineOptions): Promise<KillMachine> {
    const directory = await mkdtemp("/tmp/bvk-");
    await chmod(directory, 0o755);
    const config = Config.parse({
      stateDir: join(directory, "s"),
      runDir: join(directory, "r"),
      listen: "127.0.0.1:4071",
      webListen: "127.0.0.1:4072",
      logLevel: "debug",
      ...settings,
    });
    layOutDirectories(config, USER);
    await lay(paths(config).images);
    const notes = new Notes();
    const supervisor = new Supervisor(config, notes, await claimMachine(config));
    await using undo = new AsyncDisposableStack();
    const machine = undo.use(new KillMachine(config, supervisor, notes));
    await machine.#start();
    if (hasPage) await machine.#startPage();
    undo.move();
    return machine;
  }

  async #start(): Promise<void> {
    const { enter } = await ensureMachineNetwork(this.config);
    const input = { config: this.config, release: RELEASE, node: process.execPath, user: USER };
    for (const spec of [hostdSpec(input, enter), gatewaySpec(input), controllerSpec(input)])
      await this.#supervisor.start(IGNORED, spec);
  }

  /** As a release has it. */
  async #startPage(): Promise<void> {
    const { standalone } = await buildWeb(IGNORED);
    const release = join(this.directory, "w");
    await mkdir(release);
    await symlink(standalone, join(release, "web"));
    const input = { config: this.config, release, node: process.execPath, user: USER };
    await this.#supervisor.start(IGNORED, webSpec(input));
  }

  get directory(): string {
    return join(this.config.stateDir, "..");
  }

  async pidOf(name: ServiceName): Promise<number> {
    const record = JSON.parse(await readFile(paths(this.config).upPid, "utf8"));
    return record.services[name].pid;
  }

  async signal(name: ServiceName, signal: NodeJS.Signals): Promise<void> {
    process.kill(await this.pidOf(name), signal);
  }

  /** kill -9 of these at one moment; settles when the supervisor has them back, with what `meanwhile` does first. */
  async kill(names: readonly ServiceName[], meanwhile: () => Promise<void> = async () => {}): Promise<void> {
    const pids = await Promise.all(names.map((name) => this.pidOf(name)));
    for (const pid of pids) process.kill(pid, "SIGKILL");
    await meanwhile();
    const deadline = Date.now() + BACK_MS;
    const isBack = async (name: ServiceName, at: number) =>
      (await this.pidOf(name)) !== pids[at] && (await this.#answers(name));
    for (const [at, name] of names.entries())
      while (!(await isBack(name, at))) {
        if (Date.now() > deadline)
          throw new Error(`${name} does not come back:\n${this.notes.lines.join("\n")}`);
        await sleep(50);
      }
  }

  async #answers(name: ServiceName): Promise<boolean> {
    if (name === "gateway") return true; // nobody waits for it
    const asked = {
      hostd: () => this.host.getHost(),
      controller: () => this.client.sessions.list(),
      web: () => this.#page(),
    };
    return asked[name]().then(
      () => true,
      () => false, // not yet
    );
  }

  /** The page, as a person's browser gets it. */
  async #page(): Promise<void> {
    const { status } = await fetch(`http://${this.config.listen}/signins`, {
      signal: AbortSignal.timeout(PAGE_MS),
    });
    if (status !== 200) throw new Error(`the page answers ${status}`);
  }

  /** After a failure something may still run there, or there was never anything to run in. */
  async #endAllInside(): Promise<void> {
    for (const deadline = Date.now() + GONE_MS; Date.now() < deadline; await sleep(20)) {
      const pids = this.#pidsInside();
      if (pids.length === 0) return;
      for (const pid of pids) {
        try {
          process.kill(pid, "SIGKILL");
        } catch {
          // it ended meanwhile
        }
      }
    }
  }

  #pidsInside(): number[] {
    const args = ["netns", "pids", this.config.network.namespaceName];
    try {
      const pids = execFileSync("ip", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
      return pids.split("\n").filter(Boolean).map(Number);
    } catch {
      return []; // a start that failed early has made no namespace
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.signal("hostd", "SIGCONT").catch(() => {}); // a round may have failed while it stood still
    await removeVms(IGNORED, this.config).catch(() => {}); // hostd may be the one that fails
    await this.#supervisor.stop(IGNORED);
    await this.client[Symbol.asyncDispose]();
    await this.host[Symbol.asyncDispose]();
    await this.#endAllInside();
    await removeMachineNetwork(this.config);
    clearRunDirectory(this.config);
    await rm(this.directory, { recursive: true, force: true });
  }
}

const IGNORED = silentProgress();
