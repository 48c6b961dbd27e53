import {
  BrowserVmError,
  type CreateSession,
  type ForkSession,
  type GateReport,
  isBrowserVmError,
  type Reason,
  type SessionId,
  toBrowserVmError,
} from "@browservm/contract";
import { type Asker, SYSTEM } from "../audit/audit-log.ts";
import type { EventLog } from "../events/event-log.ts";
import { type HostClient, neverReached } from "../host/host-client.ts";
import { profileStore } from "../profiles/profile-store.ts";
import type { SessionProfiles } from "../profiles/session-profiles.ts";
import type { Store } from "../store/store.ts";
import { claim, type RepeatKey, release } from "./idempotency.ts";
import { KeyedLock } from "./keyed-lock.ts";
import { notReady } from "./not-ready.ts";
import { draftFork, draftSession, type SessionLimits } from "./session-draft.ts";
import type { SessionLauncher } from "./session-launcher.ts";
import type { SessionRecord } from "./session-record.ts";
import { isLive, LIVE_STATUSES } from "./session-status.ts";
import { type PageQuery, sessionStore } from "./session-store.ts";
import type { SessionWriter } from "./session-writer.ts";
import { offlineAfter } from "./timeouts/deadlines.ts";
import type { SessionActivity } from "./timeouts/session-activity.ts";

export interface SessionDeps {
  readonly store: Store;
  readonly events: EventLog;
  readonly writer: SessionWriter;
  readonly launcher: SessionLauncher;
  readonly activity: SessionActivity;
  readonly host: HostClient;
  readonly limits: SessionLimits;
  readonly profiles: Pick<SessionProfiles, "attach" | "saveAtEnd">;
}

/** Sessions: making them, ending them, and how long they live. */
export class SessionService {
  readonly #deps: SessionDeps;
  readonly #locks = new KeyedLock();
  /** Launches under way, so that a repeat of the request waits for the same answer. */
  readonly #launching = new Map<SessionId, Promise<void>>();

  constructor(deps: SessionDeps) {
    this.#deps = deps;
  }

  /**
   * Writes the session down – with a VM of a pool, if one is ready – then asks hostd for its VM; how the launch goes on
   * is told by events. The same request with the same key answers the same session. Fails as SESSION_LIMIT,
   * IDEMPOTENCY_CONFLICT, as its profile or hostd refuses; then nothing is left.
   */
  create(request: CreateSession, repeat?: RepeatKey, by: Asker = SYSTEM): Promise<SessionRecord> {
    return this.#begin(draftSession(request, this.#deps.limits), { repeat, by });
  }

  /**
   * A second session that begins where this one is, which must be ready or paused: SESSION_NOT_READY. It counts like any
   * other (SESSION_LIMIT), and lives by its own time-outs.
   */
  async fork(id: SessionId, request: ForkSession): Promise<SessionRecord> {
    const source = await this.get(id);
    if (source.status !== "ready" && source.status !== "paused") throw notReady(source);
    return this.#begin(draftFork(source, request, this.#deps.limits), { repeat: undefined, by: SYSTEM });
  }

  get(id: SessionId): Promise<SessionRecord> {
    return sessionStore.get(this.#deps.store, id);
  }

  list(query: PageQuery) {
    return sessionStore.page(this.#deps.store, query);
  }

  async gate(id: SessionId): Promise<GateReport | null> {
    await this.get(id);
    return sessionStore.gate(this.#deps.store, id);
  }

  /**
   * Ends the session, saves the profile that it writes, and answers when its VM is gone. HOST_UNREACHABLE: it stays
   * `ending` and ends later.
   */
  async end(id: SessionId): Promise<SessionRecord> {
    const { host, writer, profiles } = this.#deps;
    await writer.change(id, {
      next: (record) => (isLive(record.status) ? { ...record, status: "ending" } : undefined),
    });
    return this.#locks.run(id, async () => {
      const record = await this.get(id);
      if (record.status === "ended") return record;
      await profiles.saveAtEnd(id);
      await host.removeVm(record.vmId).catch((error: unknown) => {
        if (!isBrowserVmError(error, "VM_NOT_FOUND")) throw error;
      });
      return writer.change(id, { next: (before) => ({ ...before, status: "ended" }) });
    });
  }

  /** Lets it live for so many seconds from now, or for its own time to live. SESSION_NOT_READY when it is over. */
  extend(id: SessionId, seconds?: number): Promise<SessionRecord> {
    this.#deps.activity.touch(id);
    return this.#deps.writer.change(id, {
      next: (record) => {
        if (!isLive(record.status) || record.status === "ending") throw notReady(record);
        const ttlSeconds = seconds ?? record.ttlSeconds;
        return { ...record, ttlSeconds, expiresAt: offlineAfter(ttlSeconds) };
      },
      events: ({ expiresAt }) => [{ type: "session.extended", data: { expiresAt } }],
    });
  }

  /** Somebody still uses it: its time to live begins anew. Of no effect when it is over. */
  heartbeat(id: SessionId): Promise<SessionRecord> {
    return this.#deps.writer.change(id, {
      next: (record) => {
        const expiresAt = offlineAfter(record.ttlSeconds);
        return isLive(record.status) && expiresAt > record.expiresAt ? { ...record, expiresAt } : undefined;
      },
    });
  }

  /** Asks hostd for the VM of a session that never got one, because we died in between. */
  async launchAgain(id: SessionId): Promise<void> {
    if (this.#launching.has(id)) return;
    await this.#locks.run(id, async () => {
      const record = await this.get(id);
      if (record.status !== "pending" || record.vm !== null) return;
      try {
        await this.#deps.launcher.launch(record);
      } catch (error) {
        if (isBrowserVmError(error, "HOST_UNREACHABLE")) throw error;
        await this.#fail(id, asReason(error));
      }
    });
  }

  /** hostd has its VM no longer. */
  lost(id: SessionId): Promise<SessionRecord> {
    return this.#fail(id, {
      code: "VM_NOT_FOUND",
      message: "the session's VM is gone: hostd does not know it any more",
      fix: "Start a new session.",
    });
  }

  async #begin(draft: SessionRecord, begin: Beginning): Promise<SessionRecord> {
    const launch = Promise.withResolvers<void>();
    launch.promise.catch(() => {}); // told to our own caller below; a repeat may or may not listen
    this.#launching.set(draft.id, launch.promise);
    try {
      const known = await this.#writeDown(draft, begin);
      if (typeof known === "string") {
        await this.#launching.get(known);
        return await this.get(known);
      }
      await this.#locks.run(draft.id, () => this.#launch(known));
      launch.resolve();
      return await this.get(draft.id);
    } catch (error) {
      launch.reject(error);
      throw error;
    } finally {
      this.#launching.delete(draft.id);
    }
  }

  /**
   * The limit, the repeat and the choice of a ready VM are judged where the session is written, so that two at a time
   * cannot both pass, nor get one VM. Answers the session as it was written, or the id of the one that is repeated.
   */
  #writeDown(draft: SessionRecord, { repeat, by }: Beginning): Promise<SessionRecord | SessionId> {
    return this.#deps.events.record(async (trx, append) => {
      const known = repeat && (await claim(trx, repeat, draft.id));
      if (known) return known;
      const { sessions: limit } = this.#deps.limits;
      const live = await sessionStore.count(trx, LIVE_STATUSES);
      if (live >= limit) {
        throw new BrowserVmError("SESSION_LIMIT", `${live} sessions exist, and ${limit} may`, {
          live,
          limit,
        });
      }
      const { launcher, profiles } = this.#deps;
      const record = await profiles.attach(trx, await launcher.choose(trx, draft), by);
      await sessionStore.insert(trx, record);
      await append({ subject: draft.id, type: "session.state", data: { from: null, to: "pending" } });
      return record;
    });
  }

  async #launch(draft: SessionRecord): Promise<void> {
    try {
      await this.#deps.launcher.launch(draft);
    } catch (error) {
      await release(this.#deps.store, draft.id);
      const isUncertain =
        isBrowserVmError(error, "DEADLINE_EXCEEDED") ||
        (isBrowserVmError(error, "HOST_UNREACHABLE") && !neverReached(error));
      // There may be a VM: the session is kept as failed, and reconciling removes what it finds.
      if (isUncertain) await this.#fail(draft.id, asReason(error));
      else await this.#withdraw(draft.id);
      throw error;
    }
  }

  /** It never was; but one that somebody ends already goes that way to its end. */
  #withdraw(id: SessionId): Promise<void> {
    const { store, launcher } = this.#deps;
    return store.transaction().execute(async (trx) => {
      const record = await sessionStore.get(trx, id);
      if (record.status !== "pending") return;
      await sessionStore.remove(trx, id);
      await profileStore.withdraw(trx, id);
      await launcher.giveUp(trx, record, { isUntouched: true });
    });
  }

  #fail(id: SessionId, reason: Reason): Promise<SessionRecord> {
    const { writer, launcher } = this.#deps;
    return writer.change(id, {
      next: (record) =>
        isLive(record.status) && record.status !== "ending"
          ? { ...record, status: "failed", reason }
          : undefined,
      also: (trx, record) => launcher.giveUp(trx, record, { isUntouched: false }),
    });
  }
}

interface Beginning {
  readonly repeat: RepeatKey | undefined;
  readonly by: Asker;
}

function asReason(error: unknown): Reason {
  const { code, message, fix } = toBrowserVmError(error);
  return { code, message, fix };
}
