import { BrowserVmError, CreateSession, isBrowserVmError, type SessionId } from "@browservm/contract";
import { Alarm } from "../alarm.ts";
import type { EventLog } from "../events/event-log.ts";
import { bodyHash } from "../sessions/idempotency.ts";
import type { SessionRecord } from "../sessions/session-record.ts";
import type { SessionService } from "../sessions/session-service.ts";
import type { Store } from "../store/store.ts";
import { inTurn } from "./in-turn.ts";
import type { SigninRecord } from "./signin-record.ts";
import { REPEAT_SCOPE, repeatKeyOf, signinStore } from "./signin-store.ts";

export interface SigninSessionsDeps {
  readonly store: Store;
  readonly events: EventLog;
  readonly sessions: SessionService;
}

/** Longer than the sign-in may take: the session then ends by itself, whatever became of us. */
const SPARE_S = 300;
const LOOK_MS = 2000;

/** The sessions that sign-ins are made in. */
export class SigninSessions {
  readonly #deps: SigninSessionsDeps;

  constructor(deps: SigninSessionsDeps) {
    this.#deps = deps;
  }

  /** The session of this attempt: the same one, however often it is asked for. As `POST /v1/sessions` refuses. */
  make(record: SigninRecord): Promise<SessionRecord> {
    const seconds = record.request.expiresIn + SPARE_S;
    const request = CreateSession.parse({
      ...record.request.session,
      project: record.project,
      labels: { signin: record.id },
      ttlSeconds: seconds,
      maxSeconds: seconds,
      idleSeconds: 0,
      onIdle: "end",
    });
    const key = repeatKeyOf(record);
    return this.#deps.sessions.create(request, { scope: REPEAT_SCOPE, key, bodySha256: bodyHash(request) });
  }

  /** Settles when it is ready. SIGNIN_SESSION_LOST when it never will be. */
  async awaitReady(id: SessionId, signal: AbortSignal): Promise<SessionRecord> {
    const alarm = new Alarm(signal);
    const unsubscribe = this.#deps.events.subscribe(({ subject }) => {
      if (subject === id) alarm.ring();
    });
    try {
      for (;;) {
        const session = await this.#deps.sessions.get(id);
        signal.throwIfAborted();
        if (session.status === "ready") return session;
        if (session.status !== "pending") throw lost(session);
        await alarm.wait(LOOK_MS);
      }
    } finally {
      unsubscribe();
    }
  }

  /** SIGNIN_SESSION_LOST, unless people can still sign in there. */
  async mustGoOn(id: SessionId): Promise<void> {
    const session = await this.#deps.sessions.get(id);
    if (session.status !== "ready") throw lost(session);
  }

  /** Ends every session of a sign-in; answers when they are gone. */
  async endAll(record: SigninRecord): Promise<void> {
    const end = (id: SessionId) =>
      this.#deps.sessions.end(id).catch((error: unknown) => {
        if (!isBrowserVmError(error, "SESSION_NOT_FOUND")) throw error;
      });
    const ids = await signinStore.sessionsOf(this.#deps.store, record);
    await inTurn(ids.map((id) => () => end(id)));
  }
}

const lost = ({ id, status, reason }: SessionRecord) =>
  new BrowserVmError(
    "SIGNIN_SESSION_LOST",
    `session ${id} is ${status}${reason ? `: ${reason.message}` : ""}`,
    {
      status,
      ...(reason ? { reason: reason.code } : {}),
    },
  );
