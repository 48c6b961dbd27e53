import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { RateMeter } from "@browservm/contract/channel/rate-meter";
import type { GUEST_CALLS, GuestNote, GuestNoteData } from "@browservm/contract/guest/calls";
import type * as z from "zod";
import { browserUserEnvironment } from "../browser-user.ts";
import { killGroup, notStarted, ROOT_ENVIRONMENT, start } from "../child.ts";

type ExecStart = z.output<(typeof GUEST_CALLS)["exec.start"]["params"]>;

export interface ExecParts {
  /** Settles when the channel took the note: output waits for it. */
  note<N extends GuestNote>(note: N, data: GuestNoteData<N>): Promise<void>;
  sessionEnvironment(): Promise<Record<string, string>>;
}

const MAX_RUNNING = 32;
/** Of stdout and stderr together; what comes after is read and thrown away, and `truncated` said. */
const MAX_OUTPUT_BYTES = 64 * 1_048_576;
const CHUNK_BYTES = 131_072;
/** The host gives up a guest that says more than 8 MiB or 2000 notes a second unasked. */
const PACE = { burst: 4 * 1_048_576, perSecond: 4 * 1_048_576 } as const;
const NOTE_GAP_MS = 4;
/** How long the output of a process that ended is awaited: a background child may hold the pipe. */
const DRAIN_MS = 1000;

/** The processes that the host started in this guest. They end with the host's epoch. */
export class ExecTable {
  readonly #parts: ExecParts;
  readonly #running = new Map<number, ChildProcess>();
  readonly #pace = new RateMeter(PACE, performance.now());
  #lastId = 0;

  constructor(parts: ExecParts) {
    this.#parts = parts;
  }

  async start(request: ExecStart, signal: AbortSignal): Promise<{ execId: number }> {
    if (this.#running.size >= MAX_RUNNING) throw new Error(`${MAX_RUNNING} processes run already`);
    const child = await this.#spawn(request);
    this.#lastId += 1;
    const execId = this.#lastId;
    this.#running.set(execId, child);
    void this.#follow(execId, child, { timeoutMs: request.timeoutMs, signal });
    return { execId };
  }

  stdin(execId: number, data: string | undefined, end: boolean): Promise<void> {
    const { stdin } = this.#find(execId);
    if (!stdin?.writable) throw new Error("the process does not read its input");
    if (end && data === undefined) stdin.end();
    if (data === undefined) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    stdin.write(Buffer.from(data, "base64"), (error) => (error ? reject(error) : resolve()));
    if (end) stdin.end();
    return promise;
  }

  kill(execId: number, signal: NodeJS.Signals): void {
    killGroup(this.#find(execId), signal);
  }

  #find(execId: number): ChildProcess {
    const child = this.#running.get(execId);
    if (!child) throw new Error("there is no such process");
    return child;
  }

  async #spawn(request: ExecStart): Promise<ChildProcess> {
    const [file = "", ...args] = request.command;
    // Root sees nothing of the session's settings.
    const user =
      request.user === "root"
        ? { rootEnvironment: { ...ROOT_ENVIRONMENT, ...request.env } }
        : { asBrowserUser: { env: { ...(await this.#userEnvironment()), ...request.env } } };
    const child = start(file, args, {
      stdio: [request.hasStdin ? "pipe" : "ignore", "pipe", "pipe"],
      ...(request.cwd ? { cwd: request.cwd } : {}),
      ...user,
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error) => reject(notStarted(file, error)));
    });
    // A process that closes its input early is told by its exit.
    child.stdin?.on("error", () => {});
    return child;
  }

  async #userEnvironment(): Promise<Record<string, string>> {
    return browserUserEnvironment(await this.#parts.sessionEnvironment());
  }

  async #follow(
    execId: number,
    child: ChildProcess,
    limits: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<void> {
    const kill = () => killGroup(child, "SIGKILL");
    const timer = setTimeout(kill, limits.timeoutMs);
    limits.signal.addEventListener("abort", kill, { once: true });
    if (limits.signal.aborted) kill();
    const budget = { bytes: MAX_OUTPUT_BYTES };
    const output = Promise.all([
      this.#tell(execId, "stdout", child.stdout, budget),
      this.#tell(execId, "stderr", child.stderr, budget),
    ]);
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      child.once("exit", (...end) => resolve(end));
    });
    clearTimeout(timer);
    limits.signal.removeEventListener("abort", kill);
    await Promise.race([output, this.#giveUpOutput(child)]);
    this.#running.delete(execId);
    await this.#parts.note("exec.exit", { execId, code, signal, truncated: budget.bytes < 0 });
  }

  /** Ends output that nobody writes any more; what the process itself wrote has been read by then. */
  async #giveUpOutput(child: ChildProcess): Promise<void> {
    let read = -1;
    while (read !== bytesRead(child)) {
      read = bytesRead(child);
      await sleep(DRAIN_MS);
    }
    child.stdout?.destroy();
    child.stderr?.destroy();
  }

  async #tell(
    execId: number,
    stream: "stdout" | "stderr",
    source: Readable | null,
    budget: { bytes: number },
  ): Promise<void> {
    try {
      for await (const bytes of source ?? []) await this.#tellBytes(execId, stream, bytes, budget);
    } catch (error) {
      // Destroyed by giveUpOutput: what there was has been told.
      if ((error as NodeJS.ErrnoException).code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
    }
  }

  async #tellBytes(
    execId: number,
    stream: "stdout" | "stderr",
    bytes: Buffer,
    budget: { bytes: number },
  ): Promise<void> {
    for (let at = 0; at < bytes.length && budget.bytes >= 0; at += CHUNK_BYTES) {
      const chunk = bytes.subarray(at, at + CHUNK_BYTES);
      budget.bytes -= chunk.length;
      if (budget.bytes < 0) return;
      await this.#parts.note("exec.output", { execId, stream, data: chunk.toString("base64") });
      const owedMs = this.#pace.borrow(chunk.length * (4 / 3), performance.now());
      await sleep(Math.max(NOTE_GAP_MS, owedMs));
    }
  }
}

function bytesRead(child: ChildProcess): number {
  const read = (stream: Readable | null) =>
    (stream as (Readable & { bytesRead?: number }) | null)?.bytesRead ?? 0;
  return read(child.stdout) + read(child.stderr);
}
