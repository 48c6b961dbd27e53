import { randomBytes } from "node:crypto";
import {
  BrowserVmError,
  type Config,
  type CreateSession,
  type GateReport,
  isBrowserVmError,
  makeId,
  type Reason,
  SessionId,
  toBrowserVmError,
  VmId,
} from "@browservm/contract";
import type { EventLog } from "../events/event-log.ts";
import { type HostClient, neverReached } from "../host/host-client.ts";
import type { Store } from "../store/store.ts";
import { claim, type RepeatKey, release } from "./idempotency.ts";
import { KeyedLock } from "./keyed-lock.ts";
import type { SessionObserver } from "./session-observer.ts";
import type { SessionRecord } from "./session-record.ts";
import { isLive, LIVE_STATUSES } from "./session-status.ts";
import { type PageQuery, sessionStore } from "./session-store.ts";
import { displayOf } from "./session-view.ts";
import type { SessionWriter } from "./session-writer.ts";

export interface SessionDeps {
  readonly store: Store;
  readonly events: EventLog;
  readonly writer: SessionWriter;
  readonly observer: SessionObserver;
  readonly host: HostClient;
  readonly limits: Pick<Config["limits"], "sessions" | "sessionTtlSeconds">;
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
   * Writes the session down, then asks hostd for its VM; how the launch goes on is told by events. The same request
   * with the same key answers the same session. Fails as SESSION_LIMIT, IDEMPOTENCY_CONFLICT, or as hostd refuses;
   * then nothing is left.
   */
  async create(request: CreateSession, repeat?: RepeatKey): Promise<SessionRecord> {
    const draft = this.#draft(request);
    const launch = Promise.withResolvers<void>();
    launch.promise.catch(() => {}); // told to our own caller below; a repeat may or may not listen
    this.#launching.set(draft.id, launch.promise);
    try {
      const known = await this.#writeDown(draft, repeat);
      if (known) {
        await this.#launching.get(known);
        return await this.get(known);
      }
      await this.#locks.run(draft.id, () => this.#launch(draft));
      launch.resolve();
      return await this.get(draft.id);
    } catch (error) {
      launch.reject(error);
      throw error;
    } finally {
      this.#launching.delete(draft.id);
    }
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

  /** Ends the session and answers when its VM is gone. HOST_UNREACHABLE: it stays `ending` and ends later. */
  async end(id: SessionId): Promise<SessionRecord> {
    const { host, writer } = this.#deps;
    await writer.change(id, {
      next: (record) => (isLive(record.status) ? { ...record, status: "ending" } : undefined),
    });
    return this.#locks.run(id, async () => {
      const record = await this.get(id);
      if (record.status === "ended") return record;
      await host.removeVm(record.vmId).catch((error: unknown) => {
        if (!isBrowserVmError(error, "VM_NOT_FOUND")) throw error;
      });
      return writer.change(id, { next: (before) => ({ ...before, status: "ended" }) });
    });
  }

  /** Lets it live for so many seconds from now. SESSION_NOT_READY when it is over. */
  extend(id: SessionId, ttlSeconds: number): Promise<SessionRecord> {
    const expiresAt = inSeconds(ttlSeconds);
    return this.#deps.writer.change(id, {
      next: (record) => {
        if (!isLive(record.status) || record.status === "ending") throw over(record);
        return { ...record, ttlSeconds, expiresAt };
      },
      events: [{ type: "session.extended", data: { expiresAt } }],
    });
  }

  /** Somebody still uses it: its time to live begins anew. Of no effect when it is over. */
  heartbeat(id: SessionId): Promise<SessionRecord> {
    return this.#deps.writer.change(id, {
      next: (record) => {
        const expiresAt = inSeconds(record.ttlSeconds);
        return isLive(record.status) && expiresAt > record.expiresAt ? { ...record, expiresAt } : undefined;
      },
    });
  }

  /** Sessions whose time is over begin to end. */
  async expire(now: string): Promise<void> {
    for (const { id, status, expiresAt } of await sessionStore.unsettled(this.#deps.store)) {
      if (!isLive(status) || status === "ending" || expiresAt > now) continue;
      await this.#deps.writer.change(id, {
        next: (record) => (isLive(record.status) ? { ...record, status: "ending" } : undefined),
        data: { cause: "expired" },
      });
    }
  }

  /** Asks hostd for the VM of a session that never got one, because we died in between. */
  async launchAgain(id: SessionId): Promise<void> {
    if (this.#launching.has(id)) return;
    await this.#locks.run(id, async () => {
      const record = await this.get(id);
      if (record.status !== "pending" || record.vm !== null) return;
      try {
        await this.#requestVm(record);
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

  /** The limit and the repeat are judged where the session is written, so that two at a time cannot both pass. */
  #writeDown(draft: SessionRecord, repeat: RepeatKey | undefined): Promise<SessionId | undefined> {
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
      await sessionStore.insert(trx, draft);
      await append({ subject: draft.id, type: "session.state", data: { from: null, to: "pending" } });
      return undefined;
    });
  }

  async #launch(draft: SessionRecord): Promise<void> {
    try {
      await this.#requestVm(draft);
    } catch (error) {
      await release(this.#deps.store, draft.id);
      const isUncertain =
        isBrowserVmError(error, "DEADLINE_EXCEEDED") ||
        (isBrowserVmError(error, "HOST_UNREACHABLE") && !neverReached(error));
      // There may be a VM: the session is kept as failed, and reconciling removes what it finds.
      if (isUncertain) await this.#fail(draft.id, asReason(error));
      else await sessionStore.remove(this.#deps.store, draft.id);
      throw error;
    }
  }

  async #requestVm({ vmId, request }: SessionRecord & { request: CreateSession }): Promise<void> {
    const { image, vcpus, memoryMib, environment, keepFailed } = request;
    const vm = await this.#deps.host.createVm({
      id: vmId,
      image,
      display: displayOf(request),
      ...(vcpus === undefined ? {} : { vcpus }),
      ...(memoryMib === undefined ? {} : { memoryMib }),
      ...(environment === undefined ? {} : { environment }),
      ...(keepFailed === undefined ? {} : { keepFailed }),
    });
    await this.#deps.observer.observe(vm);
  }

  #fail(id: SessionId, reason: Reason): Promise<SessionRecord> {
    return this.#deps.writer.change(id, {
      next: (record) =>
        isLive(record.status) && record.status !== "ending"
          ? { ...record, status: "failed", reason }
          : undefined,
    });
  }

  #draft(request: CreateSession): SessionRecord {
    const ttlSeconds = request.ttlSeconds ?? this.#deps.limits.sessionTtlSeconds;
    return {
      id: SessionId.parse(makeId("ses", randomBytes(20))),
      status: "pending",
      request,
      vmId: VmId.parse(makeId("vm", randomBytes(20))),
      vm: null,
      createdAt: new Date().toISOString(),
      readyAt: null,
      endedAt: null,
      expiresAt: inSeconds(ttlSeconds),
      ttlSeconds,
      reason: null,
      isNavigated: false,
    };
  }
}

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

function asReason(error: unknown): Reason {
  const { code, message, fix } = toBrowserVmError(error);
  return { code, message, fix };
}

function over({ id, status }: SessionRecord): BrowserVmError {
  return new BrowserVmError("SESSION_NOT_READY", `session ${id} is ${status}`, { status });
}
