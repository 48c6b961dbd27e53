import type { z } from "zod";
import { BrowserVmError } from "../errors.ts";

interface Expectation<T> {
  readonly name: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  accept(result: unknown): z.ZodSafeParseResult<T>;
}

interface Waiting {
  readonly name: string;
  /** False when the result is outside the contract; the caller has been told. */
  settle(result: unknown): boolean;
  fail(error: BrowserVmError): void;
}

/** The calls whose answers are awaited. Each ends exactly once: answer, refusal, deadline, cancellation or close. */
export class PendingCalls {
  readonly #limit: number;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Sends by `send(id)` and waits. What `send` throws is the call's failure. */
  add<T>(call: Expectation<T>, send: (id: number) => void): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    if (call.signal?.aborted) return Promise.reject(cancelled(call.name));
    if (this.#waiting.size >= this.#limit) return Promise.reject(tooMany(this.#limit));
    this.#lastId += 1;
    const id = this.#lastId;
    const onAbort = () => fail(cancelled(call.name));
    const timer = setTimeout(() => fail(late(call)), call.timeoutMs);
    const done = () => {
      clearTimeout(timer);
      call.signal?.removeEventListener("abort", onAbort);
      this.#waiting.delete(id);
    };
    const fail = (error: unknown) => {
      done();
      reject(error);
    };
    const settle = (result: unknown) => {
      done();
      const accepted = call.accept(result);
      if (accepted.success) resolve(accepted.data);
      else reject(outsideContract(call.name, accepted.error.issues));
      return accepted.success;
    };
    call.signal?.addEventListener("abort", onAbort, { once: true });
    this.#waiting.set(id, { name: call.name, settle, fail });
    try {
      send(id);
    } catch (error) {
      fail(error);
    }
    return promise;
  }

  answer(id: number, result: unknown): "taken" | "unasked" | "refused" {
    const waiting = this.#waiting.get(id);
    if (!waiting) return "unasked";
    return waiting.settle(result) ? "taken" : "refused";
  }

  fail(id: number, detail: string, rpcCode: number): "taken" | "unasked" {
    const waiting = this.#waiting.get(id);
    waiting?.fail(new BrowserVmError("GUEST_CALL_FAILED", detail, { call: waiting.name, rpcCode }));
    return waiting ? "taken" : "unasked";
  }

  failAll(error: BrowserVmError): void {
    for (const waiting of [...this.#waiting.values()]) waiting.fail(error);
  }
}

const cancelled = (name: string) => new BrowserVmError("CANCELLED", `the call ${name} was cancelled`);

const tooMany = (limit: number) =>
  new BrowserVmError("AGENT_UNREACHABLE", "too many calls wait for the guest's agent", { limit });

const late = ({ name, timeoutMs }: { name: string; timeoutMs: number }) =>
  new BrowserVmError("AGENT_UNREACHABLE", `the guest's agent did not answer ${name} in time`, { timeoutMs });

function outsideContract(name: string, issues: readonly z.core.$ZodIssue[]): BrowserVmError {
  // Paths and codes only: the messages may quote what the guest sent.
  const where = issues
    .slice(0, 5)
    .map(({ code, path }) => ({ code, path: path.map(String).join(".").slice(0, 100) }));
  return new BrowserVmError("AGENT_PROTOCOL", `the answer to ${name} is outside the contract`, { where });
}
