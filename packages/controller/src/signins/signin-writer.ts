import {
  isSigninEnd,
  type Reason,
  type SigninEnd,
  type SigninId,
  type SigninState,
  type SigninStep,
  toBrowserVmError,
} from "@browservm/contract";
import { type Asker, appendAudit } from "../audit/audit-log.ts";
import type { EventLog, NewEvent } from "../events/event-log.ts";
import type { Store } from "../store/store.ts";
import { lockForWriting } from "../store/writing.ts";
import { isUnfinished, type SigninRecord } from "./signin-record.ts";
import { type SealedSignin, signinStore } from "./signin-store.ts";

export interface SigninChange {
  /** As it shall be; undefined = leave it. */
  readonly next: (record: SigninRecord) => SigninRecord | undefined;
  readonly sealed?: SealedSignin;
  /** Who does it, if not who asked for the sign-in. */
  readonly by?: Asker;
}

type Append = (event: NewEvent) => Promise<void>;

const FORGOTTEN = { key_version: null, wrapped_key: null, secret: null } as const;

/** Changes sign-ins: each change is one transaction with its events, and the end of one with its audit entry. */
export class SigninWriter {
  readonly #events: EventLog;

  constructor(events: EventLog) {
    this.#events = events;
  }

  /** Answers it as it is now. SIGNIN_NOT_FOUND. */
  change(id: SigninId, change: SigninChange): Promise<SigninRecord> {
    return this.#events.record(async (trx, append) => {
      await lockForWriting(trx);
      return changeSignin(trx, append, { id, ...change });
    });
  }

  /** Another step of this attempt is begun. */
  step(id: SigninId, attempt: number, step: SigninStep): Promise<SigninRecord> {
    return this.change(id, {
      next: (record) =>
        isAt(record, attempt)
          ? { ...record, steps: [...record.steps, { step, at: new Date().toISOString() }] }
          : undefined,
    });
  }

  /** This attempt has come to nothing; of no effect when it is over already. */
  end(id: SigninId, attempt: number, error: unknown): Promise<SigninRecord> {
    return this.change(id, {
      next: (record) =>
        isAt(record, attempt) ? { ...record, state: stateAfter(error), reason: asReason(error) } : undefined,
    });
  }
}

/** The same in a transaction that has the lock for writing. */
export async function changeSignin(
  trx: Store,
  append: Append,
  { id, next, sealed, by }: SigninChange & { readonly id: SigninId },
): Promise<SigninRecord> {
  const before = await signinStore.get(trx, id);
  const wanted = next(before);
  if (wanted === undefined) return before;
  const after = withEnd(before, wanted);
  // What was completed needs no second try.
  await signinStore.update(trx, after, sealed ?? (after.state === "completed" ? FORGOTTEN : {}));
  await tell(append, before, after);
  if (isUnfinished(before.state) && !isUnfinished(after.state)) await audit(trx, after, by ?? after.by);
  return after;
}

/** Whether this attempt still goes on. */
export const isAt = (record: SigninRecord, attempt: number): boolean =>
  record.attempt === attempt && isUnfinished(record.state);

function withEnd(before: SigninRecord, wanted: SigninRecord): SigninRecord {
  if (isUnfinished(wanted.state) || !isUnfinished(before.state)) return wanted;
  return { ...wanted, guide: null, endedAt: new Date().toISOString() };
}

async function tell(append: Append, before: SigninRecord, after: SigninRecord): Promise<void> {
  const { id, reason, connectionId, sessionId } = after;
  if (after.state !== before.state)
    await append({
      subject: id,
      type: "signin.state",
      data: {
        from: before.state,
        to: after.state,
        attempt: after.attempt,
        ...(sessionId ? { sessionId } : {}),
        ...(reason ? { reason } : {}),
        ...(after.state === "completed" && connectionId ? { connectionId } : {}),
      },
    });
  const [last] = after.steps.slice(-1);
  if (last && after.steps.length > before.steps.length)
    await append({ subject: id, type: "signin.step", data: { step: last.step, attempt: after.attempt } });
}

/** The audit log's line about a sign-in. */
export async function audit(trx: Store, record: SigninRecord, by: Asker, verb: Verb = endOf(record.state)) {
  const { id, provider, recipe, attempt, reason, connectionId, sessionId } = record;
  await appendAudit(trx, {
    action: `signin.${verb}`,
    by,
    ...(connectionId ? { connectionId } : {}),
    ...(sessionId ? { sessionId } : {}),
    details: { signinId: id, provider, recipe, attempt, ...(reason ? { reason: reason.code } : {}) },
  });
}
type Verb = "started" | "retried" | SigninEnd;

const endOf = (state: SigninState): Verb => (isSigninEnd(state) ? state : "started");

const LATE: ReadonlySet<string> = new Set(["SIGNIN_TIMED_OUT", "SIGNIN_ABANDONED"]);
const stateAfter = (error: unknown): SigninState =>
  LATE.has(toBrowserVmError(error).code) ? "timed_out" : "failed";

function asReason(error: unknown): Reason {
  const { code, message, fix, details } = toBrowserVmError(error);
  return { code, message, fix, ...(details === undefined ? {} : { details: { ...details } }) };
}
