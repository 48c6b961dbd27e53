import { BrowserVmError, toBrowserVmError } from "@browservm/contract";
import { pause } from "@browservm/sdk";
import type { Logger } from "pino";
import { type Asker, type AuditLog, appendAudit, SYSTEM } from "../audit/audit-log.ts";
import type { Store } from "../store/store.ts";
import { inWriting } from "../store/writing.ts";
import { rewrap } from "./envelope.ts";
import { canKeep, type KeySource } from "./key-source.ts";
import {
  countBefore,
  REWRAPPED,
  type Rewrappable,
  rowsToRewrap,
  storeRewrapped,
} from "./rewrapped-tables.ts";
import type { Vault } from "./vault.ts";
import { keyStore, knownBy } from "./vault-keys.ts";

export interface RotationDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly source: KeySource;
  readonly audit: AuditLog;
  readonly log: Logger;
}

const BATCH = 50;

/** Gives connections, profiles and sign-ins over from one version of the master key to the next, in the background and over restarts. */
export class Rotation implements AsyncDisposable {
  readonly #deps: RotationDeps;
  readonly #closed = new AbortController();
  #work: Promise<void> = Promise.resolve();

  constructor(deps: RotationDeps) {
    this.#deps = deps;
  }

  /** Goes on with what a process before did not end. */
  start(): void {
    this.#work = this.#work.then(() => this.#finish());
  }

  /** Takes the next version of the key; connections follow in the background. VAULT_NO_NEW_KEY. */
  async begin(by: Asker): Promise<void> {
    const { store, vault, source } = this.#deps;
    await vault.reload();
    const before = vault.current;
    // A process before may have ended between making a key and taking it: then that one is taken now.
    if (vault.ring.latest <= before) {
      if (!canKeep(source)) throw noNewKey(source.kind, before);
      // Under the database's lock: of all who rotate at this time, in whatever process, one makes the key.
      await inWriting(store, async (trx) => {
        if ((await keyStore.current(trx)) === before) await source.add(before + 1);
      });
      await vault.reload();
    }
    const next = knownBy(vault.key(vault.ring.latest));
    await inWriting(store, async (trx) => {
      if ((await keyStore.current(trx)) >= next.version) return;
      await keyStore.add(trx, next);
      const details = { from: before, to: next.version };
      await appendAudit(trx, { action: "vault.rotation_started", by, details });
    });
    await vault.reload();
    this.start();
  }

  /** Resolves when what was begun has ended. */
  settled(): Promise<void> {
    return this.#work;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#work;
  }

  async #finish(): Promise<void> {
    const { vault, log } = this.#deps;
    if (vault.obstacle) return;
    try {
      // The same version for both: the current one may be a newer one before all are moved to this.
      const version = vault.current;
      const isDone = await this.#moveAll(version);
      if (isDone) await this.#forgetOld(version);
    } catch (error) {
      log.error(
        { err: toBrowserVmError(error) },
        "the rotation of the vault's key stopped; it goes on at the next start",
      );
    }
  }

  /** Whether all are there. What does not open stays as it is, and keeps its key. */
  async #moveAll(version: number): Promise<boolean> {
    const { store, audit } = this.#deps;
    let moved = 0;
    for (const table of REWRAPPED) moved += await this.#moveTable(table, version);
    const left = await countBefore(store, version);
    if (left === 0 && moved > 0)
      await audit.record({ action: "vault.rotation_done", by: SYSTEM, details: { version, moved } });
    return left === 0;
  }

  /** How many were moved. */
  async #moveTable(table: (typeof REWRAPPED)[number], version: number): Promise<number> {
    let moved = 0;
    for (let after = ""; !this.#closed.signal.aborted; ) {
      const rows = await rowsToRewrap(this.#deps.store, table, { before: version, after, limit: BATCH });
      for (const row of rows) moved += (await this.#move(table, row, version)) ? 1 : 0;
      const last = rows.at(-1);
      if (!last) break;
      after = last.at.id;
      await pause(0, this.#closed.signal);
    }
    return moved;
  }

  async #move(table: (typeof REWRAPPED)[number], row: Rewrappable, version: number): Promise<boolean> {
    const { store, vault, log } = this.#deps;
    const { at, wrapped } = row;
    try {
      const next = rewrap(vault.key(wrapped.key_version), vault.key(version), at, wrapped);
      await storeRewrapped(store, table, row, next);
      return true;
    } catch (error) {
      log.error({ id: at.id, code: toBrowserVmError(error).code }, `a ${table} keeps its old key`);
      return false;
    }
  }

  /** A key that was replaced must not lie about; who keeps old copies of the database keeps it with them. */
  async #forgetOld(version: number): Promise<void> {
    const { store, source, vault } = this.#deps;
    if (!canKeep(source) || (vault.ring.versions[0] ?? version) >= version) return;
    await inWriting(store, async (trx) => {
      if ((await countBefore(trx, version)) === 0) await source.dropBefore(version);
    });
    await vault.reload();
  }
}

function noNewKey(kind: KeySource["kind"], version: number): BrowserVmError {
  const words = `version ${version} is the newest that \`${kind}\` gives`;
  return new BrowserVmError("VAULT_NO_NEW_KEY", words, { version });
}
