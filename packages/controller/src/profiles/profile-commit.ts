import { BrowserVmError, type SessionId } from "@browservm/contract";
import type { Logger } from "pino";
import { type Asker, appendAudit } from "../audit/audit-log.ts";
import type { EventLog, NewEvent } from "../events/event-log.ts";
import type { Store } from "../store/store.ts";
import type { ProfileTable } from "../store/tables.ts";
import { lockForWriting } from "../store/writing.ts";
import type { Vault } from "../vault/vault.ts";
import { keyStore } from "../vault/vault-keys.ts";
import type { ProfileFiles } from "./profile-files.ts";
import { placeOf, profileStore, type SavedVersion } from "./profile-store.ts";
import type { StoredVersion } from "./profile-transfer.ts";

export interface CommitDeps {
  readonly store: Store;
  readonly events: EventLog;
  readonly vault: Vault;
  readonly files: ProfileFiles;
  readonly log: Logger;
}

export interface Putting {
  /** The row that the version follows. */
  readonly before: ProfileTable;
  readonly sessionId: SessionId;
  /** Puts it down; false when somebody else did meanwhile, or the session writes it no more. */
  readonly put: (trx: Store, version: SavedVersion) => Promise<boolean>;
  readonly by: Asker;
  /** How long it took to be stored. */
  readonly ms: number;
}

/** A key that changes so often is a fault. */
const TRIES = 3;

/** Makes a stored version the profile's, in one transaction; the file of the version before goes after that. */
export class ProfileCommit {
  readonly #deps: CommitDeps;

  constructor(deps: CommitDeps) {
    this.#deps = deps;
  }

  /** PROFILE_NOT_HELD, VAULT_LOCKED; then the new file is removed. */
  async put(stored: StoredVersion, putting: Putting): Promise<ProfileTable> {
    const { store, log } = this.#deps;
    try {
      await this.#commit(stored, putting);
    } catch (error) {
      await this.#drop(stored.file);
      throw error;
    }
    const { file } = putting.before;
    if (file)
      await this.#drop(file).catch((error: unknown) =>
        log.warn(
          { profileId: putting.before.id, err: error },
          "the file of an old version stays for a while",
        ),
      );
    return profileStore.get(store, putting.before.id);
  }

  async #commit(stored: StoredVersion, putting: Putting): Promise<void> {
    const { events, vault } = this.#deps;
    for (let left = TRIES; left > 0; left -= 1) {
      const wrapped = stored.key.use((key) => vault.wrap(placeOf(stored.row), key));
      const isDone = await events.record(async (trx, append) => {
        await lockForWriting(trx);
        // After a rotation began, nothing is locked with the key before: that one may be gone soon.
        if ((await keyStore.current(trx)) !== wrapped.key_version) return false;
        await this.#write(trx, append, { stored, wrapped, putting });
        return true;
      });
      if (isDone) return;
      await vault.reload();
    }
    throw new BrowserVmError("VAULT_LOCKED", "the master key changed again and again");
  }

  async #write(
    trx: Store,
    append: (event: NewEvent) => Promise<void>,
    {
      stored: { row, file, bytes, storedBytes },
      wrapped,
      putting: { before, sessionId, put, by, ms },
    }: {
      readonly stored: StoredVersion;
      readonly wrapped: Pick<SavedVersion, "key_version" | "wrapped_key">;
      readonly putting: Putting;
    },
  ): Promise<void> {
    const { version } = row;
    const at = new Date().toISOString();
    const saved = {
      ...wrapped,
      version,
      file,
      bytes,
      stored_bytes: storedBytes,
      saved_at: at,
      saved_from: sessionId,
    };
    if (!(await put(trx, saved)))
      throw new BrowserVmError(
        "PROFILE_NOT_HELD",
        "the profile was saved by another, or is another's to write",
      );
    const { id: profileId, name } = before;
    await appendAudit(trx, {
      action: "profile.saved",
      by,
      sessionId,
      details: { profileId, name, version, bytes },
    });
    const data = { step: "save", status: "done", profileId, version, bytes, storedBytes, ms };
    await append({ subject: sessionId, type: "session.profile", data });
  }

  /** Unless a row refers to it: an error does not say for certain that nothing was written. */
  async #drop(file: string): Promise<void> {
    const { store, files } = this.#deps;
    if ((await profileStore.filesAmong(store, [file])).has(file)) return;
    await files.remove(file);
  }
}
