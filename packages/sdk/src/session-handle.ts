import {
  BrowserVmError,
  type DoctorReport,
  type EgressReport,
  type Event,
  type Session,
  type SessionId,
  type SessionStatus,
  type StreamReport,
  type Viewers,
  type ViewLink,
  type ViewToken,
} from "@browservm/contract";
import type { ExecEvent } from "./exec-event.ts";
import type { SessionFiles } from "./session-files.ts";
import type {
  ControlOptions,
  EgressOptions,
  EventOptions,
  ExecOptions,
  ForkOptions,
  LogOptions,
  Sessions,
  ViewTokenOptions,
} from "./sessions.ts";
import { pause } from "./transport/pause.ts";
import type { CallOptions } from "./transport/route-client.ts";

export interface WaitOptions {
  readonly signal?: AbortSignal;
  /** In milliseconds; 15 minutes unless told, for an emulated boot is slow. */
  readonly timeoutMs?: number;
}

const DEFAULT_WAIT_MS = 15 * 60_000;
const LOOK_AGAIN_MS = 300;

/** One session that this program made. `await using` ends it. */
export class SessionHandle implements AsyncDisposable {
  readonly #sessions: Sessions;
  #session: Session;

  constructor(sessions: Sessions, session: Session) {
    this.#sessions = sessions;
    this.#session = session;
  }

  get id(): SessionId {
    return this.#session.id;
  }

  get status(): SessionStatus {
    return this.#session.status;
  }

  get files(): SessionFiles {
    return this.#sessions.files(this.id);
  }

  get liveViewUrl(): string {
    return this.#session.liveViewUrl;
  }

  /** What was seen last; `refresh` looks again. */
  get data(): Session {
    return this.#session;
  }

  async refresh(signal?: AbortSignal): Promise<Session> {
    this.#session = await this.#sessions.get(this.id, { signal });
    return this.#session;
  }

  /**
   * Resolves when the session has that status; fails as SESSION_NOT_READY, with the reason, when it never will – or, if it
   * is paused, not by itself.
   */
  async waitFor(
    wanted: SessionStatus,
    { signal, timeoutMs = DEFAULT_WAIT_MS }: WaitOptions = {},
  ): Promise<Session> {
    const deadline = AbortSignal.timeout(timeoutMs);
    const ends = signal ? AbortSignal.any([signal, deadline]) : deadline;
    try {
      while (!ends.aborted) {
        const session = await this.refresh(ends);
        if (session.status === wanted) return session;
        if (isStuck(session, wanted)) throw neverBecomes(session, wanted);
        await pause(LOOK_AGAIN_MS, ends);
      }
    } catch (error) {
      if (!ends.aborted) throw error;
    }
    if (signal?.aborted) throw new BrowserVmError("CANCELLED", "the wait was cancelled");
    throw new BrowserVmError("DEADLINE_EXCEEDED", `session ${this.id} was not ${wanted} in ${timeoutMs} ms`, {
      status: this.status,
    });
  }

  navigate(url: string): Promise<void> {
    return this.#sessions.navigate(this.id, url);
  }

  screenshot(): Promise<Uint8Array> {
    return this.#sessions.screenshot(this.id);
  }

  egress(options?: CallOptions): Promise<EgressReport> {
    return this.#sessions.egress(this.id, options);
  }

  setEgress(policy: EgressOptions | null, options?: CallOptions): Promise<EgressReport> {
    return this.#sessions.setEgress(this.id, policy, options);
  }

  examine(options?: CallOptions): Promise<DoctorReport> {
    return this.#sessions.examine(this.id, options);
  }

  /** A tar of what was kept when its VM failed. */
  evidence(options?: CallOptions): Promise<Uint8Array> {
    return this.#sessions.evidence(this.id, options);
  }

  exec(request: ExecOptions, signal?: AbortSignal): AsyncGenerator<ExecEvent, void, undefined> {
    return this.#sessions.exec(this.id, request, { signal });
  }

  logs(query?: LogOptions, signal?: AbortSignal) {
    return this.#sessions.logs(this.id, query, { signal });
  }

  events(options?: EventOptions): AsyncGenerator<Event, void, undefined> {
    return this.#sessions.events(this.id, options);
  }

  createViewToken(request?: ViewTokenOptions): Promise<ViewToken> {
    return this.#sessions.createViewToken(this.id, request);
  }

  listViewLinks(options?: CallOptions): Promise<{ links: ViewLink[] }> {
    return this.#sessions.listViewLinks(this.id, options);
  }

  revokeViewLink(link: string, options?: CallOptions): Promise<void> {
    return this.#sessions.revokeViewLink(this.id, link, options);
  }

  listViewers(options?: CallOptions): Promise<Viewers> {
    return this.#sessions.listViewers(this.id, options);
  }

  liveReport(options?: CallOptions): Promise<StreamReport> {
    return this.#sessions.liveReport(this.id, options);
  }

  removeViewer(viewer: string, options?: CallOptions): Promise<void> {
    return this.#sessions.removeViewer(this.id, viewer, options);
  }

  /** The answer says who is there, and who has the control now. */
  control(request: ControlOptions, options?: CallOptions): Promise<Viewers> {
    return this.#sessions.control(this.id, request, options);
  }

  /** Answers when it is paused. */
  async pause(options?: CallOptions): Promise<Session> {
    this.#session = await this.#sessions.pause(this.id, options);
    return this.#session;
  }

  /** Answers when it is on its way; `waitFor("ready")` waits until it is there. */
  async resume(options?: CallOptions): Promise<Session> {
    this.#session = await this.#sessions.resume(this.id, options);
    return this.#session;
  }

  /** A second session that begins where this one is. */
  fork(request?: ForkOptions, options?: CallOptions): Promise<SessionHandle> {
    return this.#sessions.fork(this.id, request, options);
  }

  async extend(ttlSeconds?: number): Promise<Session> {
    this.#session = await this.#sessions.extend(this.id, ttlSeconds);
    return this.#session;
  }

  async end(): Promise<Session> {
    this.#session = await this.#sessions.end(this.id);
    return this.#session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.status !== "ended") await this.end();
  }
}

/** Nothing goes on that would bring it there; a paused one that is being resumed is on its way. */
function isStuck({ status, vm }: Session, wanted: SessionStatus): boolean {
  if (status === "ended" || status === "failed") return true;
  return wanted === "ready" && status === "paused" && vm?.state === "paused";
}

function neverBecomes(session: Session, wanted: SessionStatus): BrowserVmError {
  const { reason, status } = session;
  const words = reason ? `${reason.message} (${reason.code})` : `it is ${status}`;
  return new BrowserVmError("SESSION_NOT_READY", `session ${session.id} will not be ${wanted}: ${words}`, {
    status,
    reason,
  });
}
