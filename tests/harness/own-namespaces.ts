import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { PoolOptions, PoolRunnerInitializer, PoolWorker, WorkerRequest } from "vitest/node";

const IN_NETNS = new URL("../../scripts/in-netns.sh", import.meta.url).pathname;
/** All processes of a file end with its worker (pid_namespaces(7)); a shell is their init, for Node reaps no orphans. */
const OWN_PROCESSES = ["--pid", "--fork", "--kill-child", "--mount-proc", "--", "sh", "-c", '"$@"; exit $?'];

/** A worker process of vitest in network, pid and mount namespaces of its own. */
class OwnNamespacesWorker implements PoolWorker {
  readonly name = OWN_NAMESPACES.name;
  readonly cacheFs = true;
  readonly #options: PoolOptions;
  #process: ChildProcess | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { distPath, env, execArgv } = this.#options;
    this.#process ??= fork(join(distPath, "workers/forks.js"), {
      execPath: "unshare",
      execArgv: [...OWN_PROCESSES, "init", "sh", IN_NETNS, process.execPath, ...execArgv],
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

  /** vitest calls it once the worker has said that it has come to its end, or never will. */
  async stop(): Promise<void> {
    const child = this.#started;
    this.#process = undefined;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  deserialize(message: unknown): unknown {
    return message;
  }

  get #started(): ChildProcess {
    if (!this.#process) throw new Error("the worker has not been started, or was stopped");
    return this.#process;
  }
}

/**
 * A pool in which every file has namespaces of its own: files that make links, name namespaces and look at processes
 * run beside each other as if alone.
 */
export const OWN_NAMESPACES: PoolRunnerInitializer = {
  name: "own-namespaces",
  createPoolWorker: (options) => new OwnNamespacesWorker(options),
};
