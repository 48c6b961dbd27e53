import { setTimeout as sleep } from "node:timers/promises";
import { BrowserVmError, type SessionId } from "@browservm/contract";
import type { Store } from "../store/store.ts";
import { abandonedAt, type SigninRecord } from "./signin-record.ts";
import type { SigninSessions } from "./signin-sessions.ts";
import { signinStore } from "./signin-store.ts";
import { isAt } from "./signin-writer.ts";

const LOOK_MS = 1000;

export interface Watched {
  readonly store: Store;
  readonly sessions: SigninSessions;
  readonly record: SigninRecord;
  /** Once it is ready. */
  readonly sessionId: () => SessionId | undefined;
}

/** Looks at an attempt each second until `signal` ends; settles when it must not go on, with why. */
export async function watchAttempt(
  { store, sessions, record, sessionId }: Watched,
  signal: AbortSignal,
): Promise<unknown> {
  while (!signal.aborted) {
    try {
      const now = await signinStore.get(store, record.id);
      if (!isAt(now, record.attempt)) return OVERTAKEN;
      refuseLate(now);
      const id = sessionId();
      if (id) await sessions.mustGoOn(id);
    } catch (error) {
      return error;
    }
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
  }
  return signal.reason;
}

/** Somebody else has ended this attempt. */
export const OVERTAKEN = new Error("the sign-in was ended meanwhile");

function refuseLate(record: SigninRecord): void {
  const now = new Date().toISOString();
  if (now > record.expiresAt)
    throw new BrowserVmError("SIGNIN_TIMED_OUT", `nobody had signed in after ${record.request.expiresIn} s`);
  const abandoned = abandonedAt(record);
  if (abandoned !== null && now > abandoned)
    throw new BrowserVmError(
      "SIGNIN_ABANDONED",
      `its page sent no heartbeat for ${record.request.heartbeatSeconds} s`,
    );
}
