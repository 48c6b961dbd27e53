import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { BrowserVM } from "@browservm/sdk";
import { connectToSocket } from "@browservm/sdk/node";

const CONTROLLER = new URL("../../packages/controller/src/controller.ts", import.meta.url).pathname;
const START_MS = 60_000;

/** A real controller process in our own network namespace, over the state and run directories of a host under test. */
export class ControllerUnderTest implements AsyncDisposable {
  /** Admin, by the controller's own socket. */
  readonly client: BrowserVM & AsyncDisposable;
  readonly #dir: string;
  readonly #env: Readonly<Record<string, string>>;
  #process: ChildProcess | undefined;
  log = "";

  private constructor(dir: string, env: Readonly<Record<string, string>>) {
    this.#dir = dir;
    this.#env = env;
    this.client = connectToSocket(join(dir, "r/ctl/controller.sock"), { retries: 0 });
  }

  /** `dir` is that of the host under test; `env` may set further settings. */
  static async start(dir: string, env: Readonly<Record<string, string>> = {}): Promise<ControllerUnderTest> {
    const controller = new ControllerUnderTest(dir, env);
    await controller.startController();
    return controller;
  }

  async startController(): Promise<void> {
    const child = spawn(process.execPath, [CONTROLLER], {
      env: {
        PATH: process.env.PATH ?? "",
        BROWSERVM_STATE_DIR: join(this.#dir, "s"),
        BROWSERVM_RUN_DIR: join(this.#dir, "r"),
        BROWSERVM_LISTEN: "127.0.0.1:0",
        BROWSERVM_LIMITS__TIMEOUT_SCALE: "6",
        ...this.#env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const output of [child.stdout, child.stderr])
      output.on("data", (text) => {
        this.log = (this.log + text).slice(-200_000);
      });
    this.#process = child;
    await this.#answers(child);
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
  }

  async #answers(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + START_MS;
    while (Date.now() < deadline) {
      if (child.exitCode !== null) break;
      if (await this.client.sessions.list().catch(() => undefined)) return; // not yet
      await sleep(100);
    }
    throw new Error(`the controller did not answer:\n${this.log.slice(-3000)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
    await this.client[Symbol.asyncDispose]();
  }
}
