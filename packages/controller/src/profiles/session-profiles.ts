import { setTimeout as sleep } from "node:timers/promises";
import {
  BrowserVmError,
  isBrowserVmError,
  type LoadedProfile,
  type Profile,
  ProfileId,
  type SessionId,
  type SessionProfile,
} from "@browservm/contract";
import type { Logger } from "pino";
import { type Asker, appendAudit, SYSTEM } from "../audit/audit-log.ts";
import type { EventLog } from "../events/event-log.ts";
import type { HostClient } from "../host/host-client.ts";
import { KeyedLock } from "../sessions/keyed-lock.ts";
import { inWordsOfSessions, notReady } from "../sessions/not-ready.ts";
import type { SessionRecord } from "../sessions/session-record.ts";
import { isLive } from "../sessions/session-status.ts";
import { sessionStore } from "../sessions/session-store.ts";
import type { SessionWriter } from "../sessions/session-writer.ts";
import type { Store } from "../store/store.ts";
import type { ProfileTable } from "../store/tables.ts";
import { lockForWriting } from "../store/writing.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { asReason, mustBeSaved, noteFailure } from "./close-profile.ts";
import type { ProfileCommit } from "./profile-commit.ts";
import {
  freshProfile,
  profileStore,
  requireFreeName,
  type SavedVersion,
  toProfile,
} from "./profile-store.ts";
import type { ProfileTransfer } from "./profile-transfer.ts";
import { inUse, inWordsOfProfiles, putHeld, told, withProfile } from "./session-profile.ts";

export interface SessionProfilesDeps {
  readonly store: Store;
  readonly events: EventLog;
  readonly writer: SessionWriter;
  readonly host: HostClient;
  readonly transfer: ProfileTransfer;
  readonly commit: ProfileCommit;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly limit: number;
  /** How long loading or saving may take, in milliseconds. */
  readonly deadlineMs: number;
}

/** What another look may find better: nothing was changed in the guest, or it will be changed again. */
const PASSING = new Set(["HOST_UNREACHABLE", "RATE_LIMITED", "VM_NOT_READY", "VM_NOT_FOUND", "VM_PAUSED"]);
const LOOK_MS = 500;

/** Profiles in sessions: who may write one, loading it at the beginning, saving it on demand and at the end. */
export class SessionProfiles {
  readonly #deps: SessionProfilesDeps;
  readonly #locks = new KeyedLock();
  readonly #loading = new Set<SessionId>();

  constructor(deps: SessionProfilesDeps) {
    this.#deps = deps;
  }

  /**
   * Gives a session that is about to be written the profile that it asks for, in the same transaction; a name that is new
   * to who writes makes a new profile. PROFILE_NOT_FOUND, PROFILE_IN_USE, PROFILE_LIMIT.
   */
  async attach(trx: Store, draft: SessionRecord, by: Asker): Promise<SessionRecord> {
    const wanted = draft.request.profile;
    if (!wanted) return draft;
    await lockForWriting(trx);
    const { mode } = wanted;
    const row = await this.#find(trx, draft, by);
    if (mode === "write" && !(await profileStore.takeWriter(trx, row.id, draft.id))) throw inUse(row);
    const { name, version } = row;
    const id = ProfileId.parse(row.id);
    const details = { profileId: id, name, mode, version };
    await appendAudit(trx, { action: "profile.used", by, sessionId: draft.id, details });
    return { ...draft, profile: { id, name, mode, state: "waiting", version, reason: null } };
  }

  /** Puts the profile into a VM that is ready. A session that cannot have its profile fails; a guest that is away is asked again later. */
  async load({ id, vmId, request }: SessionRecord): Promise<void> {
    if (this.#loading.has(id)) return;
    this.#loading.add(id);
    const { host, log } = this.#deps;
    try {
      await this.#load(id);
    } catch (error) {
      if (error instanceof BrowserVmError && PASSING.has(error.code)) return;
      const told = inWordsOfProfiles(error, "PROFILE_LOAD_FAILED");
      log.warn({ sessionId: id, err: error }, "the session's profile could not be loaded");
      const { status } = await this.#loadFailed(id, told);
      if (status === "failed" && request.keepFailed !== true)
        // What it left of the profile goes with it; reconciling removes what stays.
        await host.removeVm(vmId).catch(() => {});
    } finally {
      this.#loading.delete(id);
    }
  }

  /**
   * Saves what a session's browser has now, into the profile that it writes or as a new one. SESSION_NOT_READY,
   * PROFILE_NOT_HELD, PROFILE_EXISTS, PROFILE_LIMIT, PROFILE_SAVE_FAILED.
   */
  save(id: SessionId, { saveAs }: { readonly saveAs?: string | undefined }, by: Asker): Promise<Profile> {
    return this.#locks.run(id, async () => {
      const { store } = this.#deps;
      const record = await sessionStore.get(store, id);
      if (record.status !== "ready") throw notReady(record);
      if (saveAs !== undefined) return toProfile(await this.#saveAs(record, saveAs, by));
      const { profile } = record;
      if (profile?.mode !== "write")
        throw new BrowserVmError("PROFILE_NOT_HELD", `session ${id} does not write a profile`);
      return toProfile(await this.#saveHeld(record, profile, by));
    });
  }

  /**
   * Saves what a session that ends is to leave, or writes down why that could not be done: its VM may go then. Rejects
   * when it may not: HOST_UNREACHABLE, or nothing could be written down.
   */
  async saveAtEnd(id: SessionId): Promise<void> {
    await this.#locks.run(id, async () => {
      const { store, log } = this.#deps;
      const record = await sessionStore.get(store, id);
      const { profile, status } = record;
      if (status !== "ending" || !profile || !mustBeSaved(profile)) return;
      // First of all: a failure that is found written down is then one of this end, and not of a save before it.
      const saving = await this.#beginSave(id, profile);
      try {
        await this.#wakeOrTell(record);
        await this.#saveHeld(record, saving, SYSTEM);
      } catch (error) {
        if (isBrowserVmError(error, "HOST_UNREACHABLE") || (await this.#isUntold(id))) throw error;
        log.warn({ sessionId: id, err: error }, "the profile of a session that ends was not saved");
      }
    });
  }

  async #find(trx: Store, draft: SessionRecord, by: Asker): Promise<ProfileTable> {
    const { name, mode } = draft.request.profile ?? { name: "", mode: "read" };
    const known = await profileStore.named(trx, draft.project, name);
    if (known) return known;
    if (mode === "read" || ProfileId.safeParse(name).success)
      throw new BrowserVmError("PROFILE_NOT_FOUND", `there is no profile ${name}`, { name });
    await this.#requireRoom(trx);
    const row = freshProfile(draft.project, name);
    await profileStore.insert(trx, row);
    const details = { profileId: row.id, name };
    await appendAudit(trx, { action: "profile.created", by, sessionId: draft.id, details });
    return row;
  }

  async #load(id: SessionId): Promise<void> {
    const { store, transfer, writer, metrics, deadlineMs } = this.#deps;
    const { profile, vmId, status } = await sessionStore.get(store, id);
    if (status !== "pending" || (profile?.state !== "waiting" && profile?.state !== "loading")) return;
    const since = performance.now();
    // Once, however often hostd has to be asked.
    if (profile.state === "waiting")
      await this.#tell(
        id,
        { state: "loading" },
        { step: "load", status: "running", version: profile.version },
      );
    const isEmpty = (await profileStore.get(store, profile.id)).version === 0;
    const loaded: LoadedProfile & { version: number } = isEmpty
      ? { files: 0, bytes: 0, version: 0 }
      : await transfer.load(vmId, profile.id, AbortSignal.timeout(deadlineMs));
    const ms = Math.round(performance.now() - since);
    metrics.profileMoved("load", ms);
    await writer.change(id, {
      // One that ends meanwhile has nothing to save.
      next: (record) =>
        record.status === "pending"
          ? withProfile(record, { state: "loaded", version: loaded.version })
          : undefined,
      events: () => [told(profile, { step: "load", status: "done", ms, ...loaded })],
      also: (trx) => profileStore.setUsed(trx, profile.id),
    });
  }

  #loadFailed(id: SessionId, error: BrowserVmError): Promise<SessionRecord> {
    this.#deps.metrics.profileMoved("load_failed", 0);
    const reason = asReason(error);
    return this.#deps.writer.change(id, {
      next: (record) =>
        record.status === "pending" && record.profile
          ? { ...record, status: "failed", reason, profile: { ...record.profile, state: "failed", reason } }
          : undefined,
      events: ({ profile }) => (profile ? [told(profile, { step: "load", status: "failed", reason })] : []),
    });
  }

  async #saveHeld(record: SessionRecord, profile: SessionProfile, by: Asker): Promise<ProfileTable> {
    const { store } = this.#deps;
    const { id } = record;
    await this.#beginSave(id, profile);
    try {
      const before = await profileStore.get(store, profile.id);
      if (before.writer !== id)
        throw new BrowserVmError("PROFILE_NOT_HELD", "the profile has another writer");
      return await this.#move(record, before, (trx, version) => putHeld(trx, before.id, id, version), by);
    } catch (error) {
      // A session that ends waits for hostd, however often that is looked for: nothing has failed yet.
      const isPending = record.status === "ending" && isBrowserVmError(error, "HOST_UNREACHABLE");
      const words = inWordsOfProfiles(error, "PROFILE_SAVE_FAILED");
      if (!isPending) await this.#saveFailed(id, words);
      throw isBrowserVmError(error, "HOST_UNREACHABLE") ? error : words;
    }
  }

  /** Told once, however often hostd has to be asked. */
  async #beginSave(id: SessionId, profile: SessionProfile): Promise<SessionProfile> {
    const saving = { state: "saving", reason: null } as const;
    if (profile.state !== "saving") await this.#tell(id, saving, { step: "save", status: "running" });
    return { ...profile, ...saving };
  }

  async #saveAs(record: SessionRecord, name: string, by: Asker): Promise<ProfileTable> {
    const { store } = this.#deps;
    await this.#requireFree(store, record.project, name);
    const fresh = freshProfile(record.project, name);
    const insert = async (trx: Store, version: SavedVersion) => {
      await this.#requireFree(trx, record.project, name);
      await profileStore.insert(trx, { ...fresh, ...version });
      const details = { profileId: fresh.id, name };
      await appendAudit(trx, { action: "profile.created", by, sessionId: record.id, details });
      return true;
    };
    try {
      return await this.#move(record, fresh, insert, by);
    } catch (error) {
      throw inWordsOfProfiles(error, "PROFILE_SAVE_FAILED");
    }
  }

  /** From the guest to the disk and into the row: all of that, or the version before. */
  async #move(
    record: SessionRecord,
    before: ProfileTable,
    put: Parameters<ProfileCommit["put"]>[1]["put"],
    by: Asker,
  ): Promise<ProfileTable> {
    const { transfer, commit, metrics, deadlineMs } = this.#deps;
    const since = performance.now();
    const next = { ...before, version: before.version + 1 };
    try {
      using stored = await inWordsOfSessions(record, () =>
        transfer.store(record.vmId, next, AbortSignal.timeout(deadlineMs)),
      );
      const ms = Math.round(performance.now() - since);
      const saved = await commit.put(stored, { before, sessionId: record.id, put, by, ms });
      metrics.profileMoved("save", ms);
      return saved;
    } catch (error) {
      metrics.profileMoved("save_failed", Math.round(performance.now() - since));
      throw error;
    }
  }

  /** A paused browser can give nothing: its VM goes on for that. */
  async #wake({ vmId, vm }: SessionRecord): Promise<void> {
    if (vm?.state !== "paused") return;
    const { host, deadlineMs } = this.#deps;
    await host.resumeVm(vmId).catch((error: unknown) => {
      if (!isBrowserVmError(error, "VM_NOT_PAUSED")) throw error;
    });
    for (const deadline = Date.now() + deadlineMs; Date.now() < deadline; await sleep(LOOK_MS)) {
      const { state, reason } = await host.getVm(vmId);
      if (state === "ready") return;
      if (state === "paused" || state === "failed")
        throw new BrowserVmError(
          "PROFILE_SAVE_FAILED",
          `the paused VM does not go on: ${reason?.message ?? state}`,
        );
    }
    throw new BrowserVmError("PROFILE_SAVE_FAILED", "the paused VM did not go on in time");
  }

  /** Whether a session that ends has neither saved its profile nor failed to, as far as is written down. */
  async #isUntold(id: SessionId): Promise<boolean> {
    const { profile, status } = await sessionStore.get(this.#deps.store, id);
    return status === "ending" && profile !== null && mustBeSaved(profile) && profile.state !== "failed";
  }

  async #wakeOrTell(record: SessionRecord): Promise<void> {
    try {
      await this.#wake(record);
    } catch (error) {
      if (!isBrowserVmError(error, "HOST_UNREACHABLE")) await this.#saveFailed(record.id, error);
      throw error;
    }
  }

  async #saveFailed(id: SessionId, error: unknown): Promise<void> {
    const reason = asReason(inWordsOfProfiles(error, "PROFILE_SAVE_FAILED"));
    await this.#deps.events.record(async (trx, append) => {
      await lockForWriting(trx);
      const record = await sessionStore.get(trx, id);
      const { profile, status } = record;
      // Of one that is over the loss is told already.
      if (!profile || !isLive(status)) return;
      const failed = await noteFailure(trx, record, { profile, reason, append });
      await sessionStore.update(trx, { ...record, profile: failed });
    });
  }

  async #tell(id: SessionId, to: Partial<SessionProfile>, data: Record<string, unknown>): Promise<void> {
    await this.#deps.writer.change(id, {
      next: (record) => withProfile(record, to),
      events: ({ profile }) => (profile ? [told(profile, data)] : []),
    });
  }

  async #requireFree(db: Store, project: string, name: string): Promise<void> {
    await this.#requireRoom(db);
    await requireFreeName(db, project, name);
  }

  async #requireRoom(db: Store): Promise<void> {
    const { limit } = this.#deps;
    if ((await profileStore.count(db)) >= limit)
      throw new BrowserVmError("PROFILE_LIMIT", `there are ${limit} profiles`, { limit });
  }
}
