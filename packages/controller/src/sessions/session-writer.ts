import type { GateReport, SessionId } from "@browservm/contract";
import type { EventLog, NewEvent } from "../events/event-log.ts";
import { closeProfile } from "../profiles/close-profile.ts";
import type { Store } from "../store/store.ts";
import type { SessionRecord } from "./session-record.ts";
import { sessionStore } from "./session-store.ts";
import { offlineAfter } from "./timeouts/deadlines.ts";

export interface Change {
  /** The session as it shall be; undefined = leave it. */
  readonly next: (record: SessionRecord) => SessionRecord | undefined;
  readonly gate?: GateReport | null;
  /** Goes with the event of the new status, e.g. why. */
  readonly data?: Record<string, unknown>;
  /** Told besides, also when the status stays. */
  readonly events?: (changed: SessionRecord) => readonly Omit<NewEvent, "subject">[];
  /** What else becomes true with it. */
  readonly also?: (trx: Store, record: SessionRecord) => Promise<void>;
}

/** Changes sessions: each change is one transaction, and a new status is always told as an event. */
export class SessionWriter {
  readonly #events: EventLog;

  constructor(events: EventLog) {
    this.#events = events;
  }

  /** Answers the session as it is now. SESSION_NOT_FOUND. */
  change(id: SessionId, { next, gate, data = {}, events, also }: Change): Promise<SessionRecord> {
    return this.#events.record(async (trx, append) => {
      const record = await sessionStore.get(trx, id);
      const wanted = next(record);
      if (wanted === undefined) return record;
      const timed = withTimes(record, wanted);
      // Whoever ends it, and however: from then on it holds no profile.
      const changed = isOver(timed) && !isOver(record) ? await closeProfile(trx, timed, append) : timed;
      await sessionStore.update(trx, changed);
      if (gate) await sessionStore.setGate(trx, id, gate);
      await also?.(trx, changed);
      if (changed.status !== record.status) {
        const { reason } = changed;
        await append({
          subject: id,
          type: "session.state",
          data: { from: record.status, to: changed.status, ...(reason ? { reason } : {}), ...data },
        });
      }
      for (const event of events?.(changed) ?? []) await append({ ...event, subject: id });
      return changed;
    });
  }
}

const isOver = ({ status }: SessionRecord) => status === "ended" || status === "failed";

function withTimes(before: SessionRecord, wanted: SessionRecord): SessionRecord {
  const now = new Date().toISOString();
  const isReadyNow = wanted.status === "ready" && before.status !== "ready";
  return {
    ...wanted,
    ...(isReadyNow ? { activeAt: now } : {}),
    // A pause suspends what heartbeats push on: it begins anew.
    ...(isReadyNow && before.status === "paused" ? { expiresAt: offlineAfter(wanted.ttlSeconds) } : {}),
    readyAt: before.readyAt ?? (wanted.status === "ready" ? now : null),
    endedAt: before.endedAt ?? (isOver(wanted) ? now : null),
  };
}
