import { isBrowserVmError, type Reason, type SessionId, toBrowserVmError } from "@browservm/contract";
import { pause } from "@browservm/sdk";
import type { Logger } from "pino";
import type { Store } from "../../store/store.ts";
import type { TimedSession } from "../session-record.ts";
import type { SessionRest } from "../session-rest.ts";
import type { SessionService } from "../session-service.ts";
import { sessionStore } from "../session-store.ts";
import type { SessionWriter } from "../session-writer.ts";
import { type Deadline, deadlinesOf } from "./deadlines.ts";
import { planTimeouts, type TimeoutStep } from "./plan-timeouts.ts";
import type { SessionActivity } from "./session-activity.ts";

export interface TimeoutDeps {
  readonly store: Store;
  readonly writer: SessionWriter;
  readonly activity: SessionActivity;
  readonly sessions: SessionService;
  readonly rest: SessionRest;
  readonly log: Logger;
  readonly warnSeconds: number;
}

const SWEEP_MS = 1000;
/** A pause that failed is tried again after so long, in milliseconds. */
const AGAIN_MS = 60_000;

/** Watches the time-outs of sessions: warns, then pauses or ends them. Everything it goes by is in the database. */
export class TimeoutKeeper implements AsyncDisposable {
  readonly #deps: TimeoutDeps;
  readonly #closed = new AbortController();
  /** Sessions that are being paused, or not to be paused before that time (ms since the epoch). */
  readonly #notBefore = new Map<SessionId, number>();
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: TimeoutDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#loop = this.#keep();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#loop;
    await this.#deps.activity.flush({ all: true });
  }

  async #keep(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      await this.#sweep().catch((error: unknown) =>
        this.#deps.log.error({ err: error }, "time-outs could not be looked at"),
      );
      await pause(SWEEP_MS, signal);
    }
  }

  async #sweep(): Promise<void> {
    const { store, activity, warnSeconds } = this.#deps;
    await activity.flush();
    const now = Date.now();
    const records = await sessionStore.timed(store);
    const living = new Set(records.map(({ id }) => id));
    for (const id of this.#notBefore.keys()) if (!living.has(id)) this.#notBefore.delete(id);
    for (const record of records) {
      const active = this.#asActive(record);
      for (const step of planTimeouts(active, now, warnSeconds)) await this.#run(active, step);
    }
  }

  /** The session with what was done in it a moment ago. */
  #asActive<T extends TimedSession>(record: T): T {
    return { ...record, activeAt: this.#deps.activity.latest(record.id, record.activeAt) };
  }

  async #run(record: TimedSession, step: TimeoutStep): Promise<void> {
    const { deadline } = step;
    if (step.do === "warn") return this.#warn(record, deadline);
    return step.do === "end" ? this.#end(record, deadline) : this.#pause(record, deadline);
  }

  async #warn({ id }: TimedSession, { timeout, at, action }: Deadline): Promise<void> {
    await this.#deps.writer.change(id, {
      next: (record) => {
        const isAsBefore = deadlinesOf(this.#asActive(record)).some(
          (one) => one.timeout === timeout && one.at === at,
        );
        return isAsBefore ? { ...record, warned: { ...record.warned, [timeout]: at } } : undefined;
      },
      events: () => [{ type: "session.warning", data: { timeout, at, action } }],
    });
  }

  async #end({ id }: TimedSession, { timeout }: Deadline): Promise<void> {
    const { writer, sessions, log } = this.#deps;
    const now = Date.now();
    const ending = await writer.change(id, {
      next: (record) => {
        const isDue = deadlinesOf(this.#asActive(record)).some(
          (one) => one.timeout === timeout && Date.parse(one.at) <= now,
        );
        const isTimed = ["pending", "ready", "paused"].includes(record.status);
        return isDue && isTimed ? { ...record, status: "ending" } : undefined;
      },
      data: { cause: "expired", timeout },
    });
    if (ending.status !== "ending") return;
    // Reconciling ends it too, if hostd is away now.
    sessions.end(id).catch((error: unknown) => log.debug({ sessionId: id, err: error }, "it ends later"));
  }

  /** Goes on in the background: writing memory to disk takes its time. */
  #pause(record: TimedSession, deadline: Deadline): void {
    const { rest, log } = this.#deps;
    const { id } = record;
    if ((this.#notBefore.get(id) ?? 0) > Date.now()) return;
    this.#notBefore.set(id, Number.POSITIVE_INFINITY);
    rest
      .pause(id)
      .then(
        () => void this.#notBefore.delete(id),
        (error: unknown) => this.#notPaused(record, deadline, error),
      )
      .catch((error: unknown) => {
        // It is told when the next pause fails too.
        const { code, message } = toBrowserVmError(error);
        log.warn({ sessionId: id, code, message }, "that a session cannot be paused could not be told");
      });
  }

  async #notPaused(record: TimedSession, deadline: Deadline, error: unknown): Promise<void> {
    const { id } = record;
    this.#notBefore.set(id, Date.now() + AGAIN_MS);
    const { code, message, fix } = toBrowserVmError(error);
    const level = isBrowserVmError(error, "SESSION_NOT_READY") ? "debug" : "warn";
    this.#deps.log[level]({ sessionId: id, code, message }, "an idle session could not be paused");
    if (code === "SNAPSHOT_UNSUPPORTED" && !this.#closed.signal.aborted)
      await this.#leaveAlone(record, deadline, { code, message, fix });
  }

  /** Told once: it has no idle time-out any more. */
  async #leaveAlone({ id }: TimedSession, { timeout, at }: Deadline, reason: Reason): Promise<void> {
    await this.#deps.writer.change(id, {
      next: (record) => (record.idleSeconds > 0 ? { ...record, idleSeconds: 0 } : undefined),
      events: () => [{ type: "session.warning", data: { timeout, at, action: "none", reason } }],
    });
  }
}
