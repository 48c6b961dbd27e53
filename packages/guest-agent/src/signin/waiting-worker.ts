import type { ChildProcess } from "node:child_process";
import { closeSync } from "node:fs";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { FifoPair } from "../process/fifo-pair.ts";
import { type ProcessName, type Running, runningChild, takeOver } from "../process/running.ts";
import { WAITING } from "./orders.ts";
import type { SigninWorker } from "./signin-worker.ts";
import { startPlainWorker } from "./start-worker.ts";

const DIRECTORY = "/run/browservm/signin";
/** An emulated guest takes seconds to start a Node process. */
const READY_MS = 60_000;

/** The child's ends of its pipes. */
type Ends = ReturnType<FifoPair["openForChild"]>;

export interface WaitingParts {
  /** One that the agent before us has left. */
  readonly heir?: ProcessName | undefined;
  /** Another place and another program in tests. */
  readonly directory?: string;
  readonly startWorker?: (ends: Ends) => ChildProcess;
}

/**
 * One worker that is started before a VM is frozen, and waits in each clone for a listener's orders: its start would be
 * most of what a person waits for there. It knows nothing of any sign-in, and outlives the agent that started it.
 */
export class WaitingWorker {
  readonly #pipes: FifoPair;
  readonly #startWorker: (ends: Ends) => ChildProcess;
  #waiting: ProcessName | undefined;
  #taken: Running | undefined;

  constructor({ heir, directory = DIRECTORY, startWorker = startWaiting }: WaitingParts = {}) {
    this.#waiting = heir;
    this.#pipes = new FifoPair(directory);
    this.#startWorker = startWorker;
  }

  /** Starts it, unless one was started already, and settles when it waits. */
  async prepare(): Promise<void> {
    if (this.#waiting) return;
    await this.#pipes.make();
    const ends = this.#pipes.openForChild();
    const child = this.#startWorker(ends);
    for (const fd of [ends.commands, ends.answers]) closeSync(fd);
    const worker = runningChild(child);
    try {
      await this.#untilReady(worker);
    } catch (error) {
      worker.kill("SIGKILL");
      throw error;
    }
    this.#waiting = worker.name;
  }

  /** It, for one job; undefined: there is none (any more). */
  take(): SigninWorker | undefined {
    const running = this.#waiting && takeOver(this.#waiting);
    this.#waiting = undefined;
    if (!running) return undefined;
    this.#taken = running;
    const { toChild, fromChild } = this.#pipes.open();
    const ended = running.ended.then(async () => {
      await setImmediate(); // what it said last is read
      for (const pipe of [toChild, fromChild]) pipe.destroy();
    });
    return { stdin: toChild, stdout: fromChild, ended, end: () => running.kill("SIGKILL") };
  }

  /** Leaves it to the agent after us. One that has a job ends, as each job does with its agent. */
  leave(): ProcessName | undefined {
    this.#taken?.kill("SIGKILL");
    return this.#waiting;
  }

  /** It says one line when it has loaded what it needs. */
  async #untilReady(worker: Running): Promise<void> {
    const { toChild, fromChild } = this.#pipes.open();
    const over = new AbortController();
    try {
      const isReady = new Promise<boolean>((resolve) => fromChild.once("data", () => resolve(true)));
      const late = sleep(READY_MS, false, { signal: over.signal }).catch(() => false);
      const ended = worker.ended.then(() => false);
      if (!(await Promise.race([isReady, ended, late])))
        throw new Error("a sign-in's worker ended, or took too long to start");
    } finally {
      over.abort();
      for (const pipe of [toChild, fromChild]) pipe.destroy();
    }
  }
}

const startWaiting = ({ commands, answers }: Ends) =>
  startPlainWorker([commands, answers, "ignore"], WAITING);
