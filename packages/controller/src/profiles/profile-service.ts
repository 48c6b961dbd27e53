import { BrowserVmError, type Profile, type ProfileId } from "@browservm/contract";
import type { Logger } from "pino";
import { type Asker, appendAudit } from "../audit/audit-log.ts";
import { LIVE_STATUSES } from "../sessions/session-status.ts";
import type { Store } from "../store/store.ts";
import { inWriting } from "../store/writing.ts";
import type { ProfileFiles } from "./profile-files.ts";
import { type ProfileListQuery, profileStore, requireFreeName, toProfile } from "./profile-store.ts";

export interface ProfileServiceDeps {
  readonly store: Store;
  readonly files: ProfileFiles;
  readonly log: Logger;
  /** Nobody writes to a file for so long and goes on, in milliseconds. */
  readonly staleMs: number;
}

/** Profiles that are kept: found, renamed, deleted, and what crashes left of them. */
export class ProfileService {
  readonly #deps: ProfileServiceDeps;

  constructor(deps: ProfileServiceDeps) {
    this.#deps = deps;
  }

  list(query: ProfileListQuery) {
    return profileStore.list(this.#deps.store, query);
  }

  async get(id: ProfileId): Promise<Profile> {
    return toProfile(await profileStore.get(this.#deps.store, id));
  }

  /** PROFILE_EXISTS. Sessions that have it go on, also who writes it. */
  async rename(id: ProfileId, name: string, by: Asker): Promise<Profile> {
    await inWriting(this.#deps.store, async (trx) => {
      const row = await profileStore.get(trx, id);
      if (row.name === name) return;
      await requireFreeName(trx, row.project, name);
      await trx.updateTable("profile").set({ name }).where("id", "=", id).execute();
      const details = { profileId: id, from: row.name, to: name };
      await appendAudit(trx, { action: "profile.renamed", by, details });
    });
    return this.get(id);
  }

  /** PROFILE_IN_USE while a session writes it. Its key goes with its row, so what is left of its file opens nothing. */
  async remove(id: ProfileId, by: Asker): Promise<void> {
    const { store, files, log } = this.#deps;
    const { file } = await inWriting(store, async (trx) => {
      const row = await profileStore.get(trx, id);
      if (row.writer !== null)
        throw new BrowserVmError("PROFILE_IN_USE", `session ${row.writer} writes the profile ${row.name}`, {
          sessionId: row.writer,
        });
      await trx.deleteFrom("profile").where("id", "=", id).execute();
      const details = { profileId: id, name: row.name, version: row.version };
      await appendAudit(trx, { action: "profile.deleted", by, details });
      return row;
    });
    if (file)
      await files
        .remove(file)
        .catch((error: unknown) =>
          log.warn({ profileId: id, err: error }, "a deleted profile's file stays for a while"),
        );
  }

  /** Frees profiles of sessions that are no more, and removes files that no profile has. */
  async sweep(): Promise<void> {
    const { store, files, log, staleMs } = this.#deps;
    await store
      .updateTable("profile")
      .set({ writer: null, writer_since: null })
      .where("writer", "is not", null)
      .where("writer", "not in", (from) =>
        from.selectFrom("session").select("id").where("status", "in", LIVE_STATUSES),
      )
      .execute();
    const isKnown = (names: readonly string[]) => profileStore.filesAmong(store, names);
    const removed = await files.sweep(isKnown, Date.now() - staleMs);
    if (removed > 0) log.info({ removed }, "files of profiles that were never kept are gone");
  }
}
