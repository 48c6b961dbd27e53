import {
  BrowserVmError,
  type ExecFrame,
  type GuestNoteData,
  type GuestParams,
  isBrowserVmError,
  toBrowserVmError,
} from "@browservm/contract";
import type { Guest } from "./guest.ts";

export type ExecInGuest = GuestParams<"exec.start"> & {
  /** Given to the process's standard input, which ends after it. */
  readonly stdin?: string | Uint8Array;
};

const CALL_MS = 30_000;
const STDIN_CHUNK_BYTES = 96 * 1024;
/** What waits for a reader that is slower than the guest. Beyond it output is dropped and `truncated` said. */
const QUEUE_LIMIT_CHARS = 8 * 1_048_576;
const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * Runs a command in the guest and yields its output as it comes, then one `exit` or `error` frame. Ending the
 * iteration early, or `signal`, kills the process. `callMs` is the deadline of each single call (slow guests).
 */
export async function* exec(
  guest: Guest,
  request: ExecInGuest,
  options: { readonly signal?: AbortSignal; readonly callMs?: number } = {},
): AsyncGenerator<ExecFrame, void, undefined> {
  const { stdin, ...start } = request;
  const callMs = options.callMs ?? CALL_MS;
  const frames = new FrameQueue(guest);
  let execId: number | undefined;
  try {
    ({ execId } = await guest.call(
      "exec.start",
      { ...start, hasStdin: stdin !== undefined },
      { timeoutMs: callMs, ...(options.signal ? { signal: options.signal } : {}) },
    ));
    frames.claim(execId);
    if (stdin !== undefined) await feed(guest, { execId, stdin, callMs });
    const lastMs = (start.timeoutMs ?? DEFAULT_TIMEOUT_MS) + callMs;
    const deadline = AbortSignal.timeout(lastMs);
    yield* frames.all(options.signal ? AbortSignal.any([deadline, options.signal]) : deadline);
  } catch (error) {
    yield { type: "error", problem: explain(error, options.signal).toProblem() };
  } finally {
    frames.stop();
    if (execId !== undefined && frames.isRunning) await killQuietly(guest, execId, callMs);
  }
}

function explain(error: unknown, signal: AbortSignal | undefined): BrowserVmError {
  if (isBrowserVmError(error)) return error;
  if (signal?.aborted) return new BrowserVmError("CANCELLED", "the command was cancelled");
  if (error instanceof DOMException && error.name === "TimeoutError")
    return new BrowserVmError("AGENT_UNREACHABLE", "the agent did not tell the end of the command");
  return toBrowserVmError(error);
}

async function feed(
  guest: Guest,
  { execId, stdin, callMs }: { execId: number; stdin: string | Uint8Array; callMs: number },
): Promise<void> {
  const bytes = Buffer.from(stdin as Uint8Array);
  for (let at = 0; at === 0 || at < bytes.length; at += STDIN_CHUNK_BYTES) {
    const chunk = bytes.subarray(at, at + STDIN_CHUNK_BYTES);
    const end = at + STDIN_CHUNK_BYTES >= bytes.length;
    const params = { execId, data: chunk.toString("base64"), end };
    try {
      await guest.call("exec.stdin", params, { timeoutMs: callMs });
    } catch (error) {
      if (isBrowserVmError(error, "GUEST_CALL_FAILED")) return; // it ended without reading its input
      throw error;
    }
  }
}

/** The process may have ended in between, and a guest that does not answer cannot be asked to kill. */
async function killQuietly(guest: Guest, execId: number, callMs: number): Promise<void> {
  await guest.call("exec.kill", { execId, signal: "SIGKILL" }, { timeoutMs: callMs }).catch(() => {});
}

type Told =
  | { readonly id: number; readonly frame: Extract<ExecFrame, { type: "output" }> }
  | { readonly id: number; readonly frame: Extract<ExecFrame, { type: "exit" }> };

/** Collects notes from before the process has a number, since its first output may come with the answer. */
class FrameQueue {
  readonly #stops: Array<() => void>;
  #told: Told[] = [];
  #chars = 0;
  #isDropping = false;
  #execId: number | undefined;
  #wake: (() => void) | undefined;
  #isLost = false;
  #hasExited = false;

  constructor(guest: Guest) {
    this.#stops = [
      guest.onNote("exec.output", (note) => this.#onOutput(note)),
      guest.onNote("exec.exit", ({ execId: id, ...end }) =>
        this.#add({ id, frame: { type: "exit", ...end, truncated: end.truncated || this.#isDropping } }),
      ),
      guest.onReset?.(() => this.#lose()) ?? (() => {}),
    ];
  }

  get isRunning(): boolean {
    return !this.#hasExited && !this.#isLost;
  }

  claim(execId: number): void {
    this.#execId = execId;
    this.#told = this.#told.filter(({ id }) => id === execId);
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  async *all(signal: AbortSignal): AsyncGenerator<ExecFrame, void, undefined> {
    while (true) {
      const told = this.#told.shift();
      if (!told) {
        if (this.#isLost)
          throw new BrowserVmError(
            "AGENT_UNREACHABLE",
            "the control channel was lost, and the command with it",
          );
        await this.#more(signal);
        continue;
      }
      if (told.frame.type === "output") this.#chars -= told.frame.data.length;
      else this.#hasExited = true;
      yield told.frame;
      if (this.#hasExited) return;
    }
  }

  #lose(): void {
    this.#isLost = true;
    this.#wake?.();
  }

  #onOutput({ execId: id, stream, data }: GuestNoteData<"exec.output">): void {
    if (this.#chars + data.length > QUEUE_LIMIT_CHARS) {
      this.#isDropping ||= id === this.#execId;
      return;
    }
    this.#add({ id, frame: { type: "output", stream, data } });
  }

  #add(told: Told): void {
    if (this.#execId !== undefined && told.id !== this.#execId) return;
    if (this.#execId === undefined && this.#told.length > 10_000) return; // other processes' notes
    if (told.frame.type === "output") this.#chars += told.frame.data.length;
    this.#told.push(told);
    this.#wake?.();
  }

  #more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      if (signal.aborted) return onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      this.#wake = () => {
        signal.removeEventListener("abort", onAbort);
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
