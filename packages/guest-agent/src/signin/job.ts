import { LineReader } from "@browservm/contract/channel/line-reader";
import { type SigninFrame, signinFrame } from "@browservm/contract/guest/signin";
import { SIGNIN_LIMITS, type SigninFault } from "@browservm/contract/guest/signin-limits";
import { News } from "../news.ts";
import type { SigninOrders } from "./orders.ts";
import type { SigninWorker } from "./signin-worker.ts";

/** One line of a worker; a callback's parameters are the longest. */
const LINE_BYTES = 131_072;

/**
 * A worker at its job, and what it has said so far. The worker is a process of the browser's user, which others of that
 * user may have taken over: what it says is bounded and checked. At its end its whole process tree is gone.
 */
export class Job {
  readonly #worker: SigninWorker;
  readonly #timer: NodeJS.Timeout;
  readonly #ending = new AbortController();
  readonly #over = Promise.withResolvers<void>();
  readonly #news = new News();
  #frames: SigninFrame[] = [];
  #last: SigninFrame | undefined;
  #isOver = false;

  constructor(worker: SigninWorker, orders: SigninOrders, timeoutMs: number) {
    this.#worker = worker;
    this.#timer = setTimeout(
      () => this.#fail("SIGNIN_JOB_TIMED_OUT", "nobody had signed in when the time was up"),
      timeoutMs,
    );
    const lines = new LineReader(LINE_BYTES, {
      onLine: (line) => this.#onLine(line),
      onOverlong: () => this.#break(),
    });
    worker.stdout.on("data", (bytes: Buffer) => lines.push(bytes));
    worker.stdin.on("error", () => {}); // it is told by its end
    worker.stdin.write(`${JSON.stringify(orders)}\n`);
    void worker.ended.then(() => this.#onEnd());
  }

  /** Frames after the `after`-th one; waits for the first when there is none yet. */
  async after(after: number, waitMs: number, signal: AbortSignal) {
    if (after >= this.#frames.length && !this.#isOver) await this.#news.next(waitMs, signal);
    const frames = this.#frames.slice(after);
    return { frames, next: after + frames.length, ended: this.#isOver };
  }

  type(text: string): void {
    if (this.#last || !this.#worker.stdin.writable) throw new Error("the tool has ended");
    this.#worker.stdin.write(`${JSON.stringify({ type: text })}\n`);
  }

  /** Ends it and forgets what it said. Settles when its process tree is gone. */
  async stop(): Promise<void> {
    this.#end({ type: "done" });
    await this.#over.promise;
    this.#frames = [];
  }

  #onLine(line: Uint8Array): void {
    if (this.#last || line.length === 0) return;
    const frame = readFrame(line);
    if (!frame || this.#frames.length >= SIGNIN_LIMITS.frames - 1) this.#break();
    // The last word is given when all that it started is gone.
    else if (frame.type === "done" || frame.type === "failed") this.#end(frame);
    else this.#add(frame);
  }

  #break(): void {
    this.#fail("SIGNIN_JOB_BROKEN", "the job's process said what it may not");
  }

  #fail(code: SigninFault, message: string): void {
    this.#end({ type: "failed", code, message });
  }

  #end(last: SigninFrame): void {
    this.#last ??= last;
    clearTimeout(this.#timer);
    if (this.#isOver || this.#ending.signal.aborted) return;
    this.#ending.abort();
    this.#worker.end();
  }

  #onEnd(): void {
    if (this.#isOver) return;
    this.#end({ type: "failed", code: "SIGNIN_JOB_BROKEN", message: "the job's process ended by itself" });
    this.#isOver = true;
    if (this.#last) this.#add(this.#last);
    this.#over.resolve();
  }

  #add(frame: SigninFrame): void {
    this.#frames.push(frame);
    this.#news.tell();
  }
}

function readFrame(line: Uint8Array): SigninFrame | undefined {
  try {
    return signinFrame().safeParse(JSON.parse(Buffer.from(line).toString("utf8"))).data;
  } catch {
    return undefined; // not JSON
  }
}
