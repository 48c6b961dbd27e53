import type { ChildProcess } from "node:child_process";
import { randomInt } from "node:crypto";
import type { GuestHandlers } from "@browservm/contract/channel/guest-channel";
import { SIGNIN_LIMITS } from "@browservm/contract/guest/signin-limits";
import { capture } from "./capture.ts";
import { Job } from "./job.ts";
import type { SigninOrders } from "./orders.ts";
import { type SigninWorker, workerOfChild } from "./signin-worker.ts";

export interface JobTableParts {
  readonly home: string;
  /** The directory of the programs that stand for a browser. */
  readonly shims: string;
  /** Starts a worker with pipes as input and output; a tool's in a process namespace of its own. */
  startWorker(act: SigninOrders["act"]): Promise<ChildProcess>;
  /** One that waits for a listener's orders, if there still is one. */
  takeWaiting?(): SigninWorker | undefined;
  /** How long a job lives that nobody asks about; another number in tests. */
  readonly ownerMs?: number;
}

interface Owned {
  readonly job: Job;
  forsaken: NodeJS.Timeout;
  /** Forgets the owner's end. */
  readonly release: () => void;
}

type Calls = Pick<GuestHandlers, Extract<keyof GuestHandlers, `signin.${string}`>>;

/** The jobs of sign-ins in this guest. Each ends with whoever began it. */
export class JobTable {
  readonly #parts: JobTableParts;
  readonly #jobs = new Map<number, Owned>();
  /** Numbers that an agent before us has hardly used: what is asked about its jobs must not reach ours. */
  #lastId = randomInt(1, 1_000_000_000);
  #starting = 0;

  constructor(parts: JobTableParts) {
    this.#parts = parts;
  }

  /** The calls of the contract that are served here. */
  get calls(): Calls {
    return {
      "signin.start": ({ job }, { signal }) => this.#start(job, signal),
      "signin.frames": ({ jobId, after, waitMs }, { signal }) => {
        const owned = this.#find(jobId);
        this.#keep(jobId, owned);
        return owned.job.after(after, waitMs, signal);
      },
      "signin.type": ({ jobId, text }) => {
        this.#find(jobId).job.type(text);
        return {};
      },
      "signin.stop": async ({ jobId }) => {
        await this.#stop(jobId);
        return {};
      },
      "signin.capture": async ({ files }, { signal }) => {
        const worker = await this.#parts.startWorker("capture");
        return capture(worker, { act: "capture", home: this.#parts.home, files }, signal);
      },
    };
  }

  async #start(job: Parameters<Calls["signin.start"]>[0]["job"], signal: AbortSignal) {
    if (this.#jobs.size + this.#starting >= SIGNIN_LIMITS.jobs)
      throw new Error(`${SIGNIN_LIMITS.jobs} sign-ins run already`);
    this.#starting += 1;
    try {
      const waiting = job.kind === "callback" ? this.#parts.takeWaiting?.() : undefined;
      const worker = waiting ?? workerOfChild(await this.#parts.startWorker(job.kind));
      return { jobId: this.#own(new Job(worker, this.#orders(job), job.timeoutMs), signal) };
    } finally {
      this.#starting -= 1;
    }
  }

  #orders(job: Parameters<Calls["signin.start"]>[0]["job"]): SigninOrders {
    const { home, shims } = this.#parts;
    return job.kind === "tool" ? { act: "tool", home, shims, job } : { act: "callback", job };
  }

  #own(job: Job, signal: AbortSignal): number {
    this.#lastId += 1;
    const jobId = this.#lastId;
    const onOwnerGone = () => void this.#stop(jobId);
    const release = () => signal.removeEventListener("abort", onOwnerGone);
    this.#jobs.set(jobId, { job, release, forsaken: this.#untilForsaken(jobId) });
    signal.addEventListener("abort", onOwnerGone, { once: true });
    if (signal.aborted) onOwnerGone();
    return jobId;
  }

  /** It was asked about. */
  #keep(jobId: number, owned: Owned): void {
    clearTimeout(owned.forsaken);
    owned.forsaken = this.#untilForsaken(jobId);
  }

  #untilForsaken(jobId: number): NodeJS.Timeout {
    return setTimeout(() => void this.#stop(jobId), this.#parts.ownerMs ?? SIGNIN_LIMITS.ownerMs);
  }

  async #stop(jobId: number): Promise<void> {
    const owned = this.#jobs.get(jobId);
    if (!owned) return;
    clearTimeout(owned.forsaken);
    owned.release();
    await owned.job.stop();
    this.#jobs.delete(jobId);
  }

  #find(jobId: number): Owned {
    const owned = this.#jobs.get(jobId);
    if (!owned) throw new Error("there is no such sign-in");
    return owned;
  }
}
