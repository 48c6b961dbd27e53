import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { PoolOptions, PoolRunnerInitializer, PoolWorker, WorkerRequest } from "vitest/node";

const IN_NETNS = new URL("../../scripts/in-netns.sh", import.meta.url).pathname;
/** So long a worker may take over its polite end, as in vitest's own pool. */
const POLITE_MS = 500;

/** A worker process of vitest in a network and a /run/netns of its own: what other files make meanwhile is not there. */
class OwnNetworkWorker implements PoolWorker {
  readonly name = OWN_NETWORK.name;
  readonly cacheFs = true;
  readonly #options: PoolOptions;
  #process: ChildProcess | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { distPath, env, execArgv } = this.#options;
    this.#process ??= fork(join(distPath, "workers/forks.js"), {
      execPath: IN_NETNS,
      execArgv: [process.execPath, ...execArgv],
      env,
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      serialization: "advanced",
    });
  }

  on(event: string, listener: (message: unknown) => void): void {
    this.#started.on(event, listener);
  }

  off(event: string, listener: (message: unknown) => void): void {
    this.#started.off(event, listener);
  }

  send(message: WorkerRequest): void {
    this.#started.send(message);
  }

  async stop(): Promise<void> {
    const child = this.#started;
    this.#process = undefined;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    const harder = setTimeout(() => child.kill("SIGKILL"), POLITE_MS);
    child.kill();
    await gone;
    clearTimeout(harder);
  }

  deserialize(message: unknown): unknown {
    return message;
  }

  get #started(): ChildProcess {
    if (!this.#process) throw new Error("the worker has not been started, or was stopped");
    return this.#process;
  }
}

/** A pool in which every file has a network of its own, so that files that make links and namespaces run beside each other. */
export const OWN_NETWORK: PoolRunnerInitializer = {
  name: "own-network",
  createPoolWorker: (options) => new OwnNetworkWorker(options),
};
