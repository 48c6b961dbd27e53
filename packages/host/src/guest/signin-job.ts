import {
  BrowserVmError,
  type GuestParams,
  isBrowserVmError,
  type SigninLine,
  toBrowserVmError,
} from "@browservm/contract";
import type { Guest } from "./guest.ts";

export interface JobOptions {
  readonly signal: AbortSignal;
  /** The deadline of each single call, in milliseconds. */
  readonly callMs: number;
  /** How long the guest may have nothing to say before `alive` is said for it. */
  readonly aliveMs?: number;
}

const ALIVE_MS = 15_000;

/**
 * Starts a job of a sign-in and yields what it says, until its last frame; a failure is a last line `error`. Ending the
 * iteration early, or `signal`, ends the job with all that it started.
 */
export async function* signinJob(
  guest: Guest,
  job: GuestParams<"signin.start">["job"],
  options: JobOptions,
): AsyncGenerator<SigninLine, void, undefined> {
  const { signal, callMs } = options;
  const { jobId } = await guest.call("signin.start", { job }, { timeoutMs: callMs, signal });
  try {
    yield { type: "started", jobId };
    yield* saidBy(guest, jobId, options);
  } catch (error) {
    const told = signal.aborted ? new BrowserVmError("CANCELLED", "the job was cancelled") : explain(error);
    yield { type: "error", problem: told.toProblem() };
  } finally {
    // It may have ended with the channel, or by itself.
    await guest.call("signin.stop", { jobId }, { timeoutMs: callMs }).catch(() => {});
  }
}

async function* saidBy(
  guest: Guest,
  jobId: number,
  { signal, callMs, aliveMs = ALIVE_MS }: JobOptions,
): AsyncGenerator<SigninLine, void, undefined> {
  for (let after = 0, isOver = false; !isOver; ) {
    const said = await guest.call(
      "signin.frames",
      { jobId, after, waitMs: aliveMs },
      { timeoutMs: callMs + aliveMs, signal },
    );
    yield* said.frames;
    after = said.next;
    isOver = said.ended;
    if (said.frames.length === 0 && !isOver) yield { type: "alive" };
  }
}

/** A guest that knows nothing of the job is another agent than the one that began it. */
function explain(error: unknown): BrowserVmError {
  if (isBrowserVmError(error, "GUEST_CALL_FAILED"))
    return new BrowserVmError(
      "SIGNIN_JOB_BROKEN",
      "the guest does not know the job any more",
      {},
      { cause: error },
    );
  return toBrowserVmError(error);
}
