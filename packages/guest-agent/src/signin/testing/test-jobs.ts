import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SigninFrame, ToolJob } from "@browservm/contract/guest/signin";
import { confined } from "../end-tree.ts";
import { Job } from "../job.ts";
import type { SigninOrders } from "../orders.ts";
import { workerOfChild } from "../signin-worker.ts";

const SOURCE = join(import.meta.dirname, "..");
const WORKER = [process.execPath, join(SOURCE, "worker/main.ts")] as const;
const OPEN_URL = join(SOURCE, "../../../host/src/image/guest/open-url.sh");
export const STAND_IN = [process.execPath, join(SOURCE, "testing/stand-in-tool.ts")] as const;

/** A home, what stands for a browser, and workers as in a guest: the same program, started from its source. */
export class TestJobs implements AsyncDisposable {
  readonly root: string;
  readonly home: string;
  readonly shims: string;
  readonly #workers: ChildProcess[] = [];

  private constructor(root: string) {
    this.root = root;
    this.home = join(root, "home");
    this.shims = join(root, "shims");
    mkdirSync(this.home);
    mkdirSync(this.shims);
    copyFileSync(OPEN_URL, join(this.shims, "xdg-open"));
    chmodSync(join(this.shims, "xdg-open"), 0o755);
  }

  static async make(): Promise<TestJobs> {
    return new TestJobs(await mkdtemp(join(tmpdir(), "signin-")));
  }

  startWorker(act: SigninOrders["act"]): ChildProcess {
    const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
    // Who is not root has no namespaces to give; a group of its own is then all that ends together.
    const isConfined = act === "tool" && uid === 0;
    const [file, ...args] = WORKER;
    const command = isConfined ? confined(WORKER, { uid, gid }) : { file, args };
    return this.startProgram([command.file, ...command.args]);
  }

  /** Any program in a worker's place. */
  startProgram([file = "", ...args]: readonly string[]): ChildProcess {
    const worker = spawn(file, args, {
      cwd: "/",
      env: { PATH: process.env.PATH, HOME: this.home },
      stdio: ["pipe", "pipe", "ignore"],
      detached: true,
    });
    this.#workers.push(worker);
    return worker;
  }

  job(orders: SigninOrders, timeoutMs = 20_000): Job {
    return new Job(workerOfChild(this.startWorker(orders.act)), orders, timeoutMs);
  }

  /** A run of the stand-in tool. */
  tool(plan: string, more: Partial<ToolJob> = {}, timeoutMs?: number): Job {
    const job: ToolJob = {
      kind: "tool",
      command: [...STAND_IN],
      env: { TOOL_PLAN: plan },
      prompts: [],
      files: [{ path: ".stand-in/auth.json", json: true, optional: false }],
      timeoutMs: 20_000,
      ...more,
    };
    return this.job({ act: "tool", home: this.home, shims: this.shims, job }, timeoutMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.#workers) worker.stdin?.destroy();
    await rm(this.root, { recursive: true, force: true });
  }
}

type Frame<T extends SigninFrame["type"]> = Extract<SigninFrame, { type: T }>;

/** All that a job said up to its first frame of that kind; fails when it ended without one. */
export async function framesUntil<T extends SigninFrame["type"]>(job: Job, type: T): Promise<Frame<T>> {
  for (let after = 0; ; ) {
    const said = await job.after(after, 15_000, AbortSignal.timeout(15_000));
    const found = said.frames.find((frame): frame is Frame<T> => frame.type === type);
    if (found) return found;
    if (said.ended || said.frames.length === 0)
      throw new Error(`no ${type} among ${JSON.stringify((await all(job)).map((frame) => frame))}`);
    after = said.next;
  }
}

/** All that a job said, when it has ended. */
export async function all(job: Job): Promise<SigninFrame[]> {
  const frames: SigninFrame[] = [];
  while (true) {
    const said = await job.after(frames.length, 15_000, AbortSignal.timeout(15_000));
    frames.push(...said.frames);
    if (said.ended) return frames;
    if (said.frames.length === 0) throw new Error(`it does not end after ${JSON.stringify(frames)}`);
  }
}
