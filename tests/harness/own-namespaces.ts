import { type ChildProcess, fork } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { PoolOptions, PoolRunnerInitializer, PoolWorker, WorkerRequest } from "vitest/node";

const IN_NETNS = new URL("../../scripts/in-netns.sh", import.meta.url).pathname;
/** With vitest ends what it started, also when it is killed while a test keeps its worker from noticing. */
const WITH_US = ["--pdeathsig", "KILL", "--"];
/** All processes of a file end with its worker (pid_namespaces(7)); a shell is their init, for Node reaps no orphans. */
const OWN_PROCESSES = ["--pid", "--fork", "--kill-child", "--mount-proc", "--", "sh", "-c", '"$@"; exit $?'];
/** The kernel waits for each of them, and some may hang in it. */
const ALL_GONE_MS = 10_000;
const LOOK_MS = 10;
/** One that does not end by itself when nobody can be told by it any more. */
const UNHEARD_MS = 1000;
/** What a write says to a worker that has died. How it died is what its `exit` tells. */
const NOBODY_READS: readonly unknown[] = ["EPIPE", "ERR_IPC_CHANNEL_CLOSED"];

/** A worker process of vitest in network, pid and mount namespaces of its own. */
class OwnNamespacesWorker implements PoolWorker {
  readonly name = OWN_NAMESPACES.name;
  readonly cacheFs = true;
  readonly #options: PoolOptions;
  readonly #errors = new EventEmitter();
  #process: ChildProcess | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    if (this.#process) return;
    const { distPath, env, execArgv } = this.#options;
    const child = fork(join(distPath, "workers/forks.js"), {
      execPath: "setpriv",
      execArgv: [
        ...[...WITH_US, "unshare", ...OWN_PROCESSES, "init"],
        ...["sh", IN_NETNS, process.execPath, ...execArgv],
      ],
      env,
      // Ours, not pipes of ours: what a process that is killed wrote last is not lost.
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      serialization: "advanced",
    });
    this.#process = child;
    // For as long as it lives: vitest stops listening before it stops it, and an error that nobody hears ends vitest.
    child.on("error", (error: NodeJS.ErrnoException) => {
      if (NOBODY_READS.includes(error.code) || this.#errors.listenerCount("error") === 0) return;
      this.#errors.emit("error", error);
    });
    child.once("disconnect", () => setTimeout(() => child.kill("SIGKILL"), UNHEARD_MS).unref());
    await once(child, "spawn");
  }

  on(event: string, listener: (message: unknown) => void): void {
    (event === "error" ? this.#errors : this.#started).on(event, listener);
  }

  off(event: string, listener: (message: unknown) => void): void {
    (event === "error" ? this.#errors : this.#started).off(event, listener);
  }

  send(message: WorkerRequest): void {
    this.#started.send(message);
  }

  /** Settles when none of its processes is left. vitest calls it once the worker has said that it has come to its end, or never will. */
  async stop(): Promise<void> {
    const child = this.#started;
    this.#process = undefined;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    const first = firstChildOf(child.pid);
    child.kill("SIGKILL");
    await gone;
    // What began with it is killed with it, and ends last.
    for (let waited = 0; first !== undefined && !isOver(first) && waited < ALL_GONE_MS; waited += LOOK_MS)
      await sleep(LOOK_MS);
  }

  deserialize(message: unknown): unknown {
    return message;
  }

  get #started(): ChildProcess {
    if (!this.#process) throw new Error("the worker has not been started, or was stopped");
    return this.#process;
  }
}

function firstChildOf(pid: number | undefined): number | undefined {
  try {
    const [first = ""] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ");
    return first === "" ? undefined : Number(first);
  } catch {
    return undefined; // it is gone
  }
}

/** The first process of a namespace is over once all others are, also where nobody reaps it. */
function isOver(pid: number): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return true; // it is gone
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
