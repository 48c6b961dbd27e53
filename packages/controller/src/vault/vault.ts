import { BrowserVmError, isBrowserVmError, toBrowserVmError } from "@browservm/contract";
import type { Logger } from "pino";
import { appendAudit, SYSTEM } from "../audit/audit-log.ts";
import type { Store } from "../store/store.ts";
import { inWriting } from "../store/writing.ts";
import {
  close,
  type Envelope,
  type MasterKey,
  open,
  type SecretPlace,
  unwrap,
  type WrappedKey,
  wrapKey,
} from "./envelope.ts";
import { KeyRing } from "./key-ring.ts";
import { canKeep, type KeySource } from "./key-source.ts";
import type { Secret } from "./secret.ts";
import { checkProbes, keyStore, knownBy } from "./vault-keys.ts";

export interface VaultDeps {
  readonly store: Store;
  readonly source: KeySource;
  readonly log: Logger;
}

type State =
  | { readonly is: "open"; readonly ring: KeyRing; readonly current: number }
  | { readonly is: "shut"; readonly why: BrowserVmError };

const NOT_YET: State = {
  is: "shut",
  why: new BrowserVmError("VAULT_LOCKED", "the vault was not opened yet"),
};

/** Locks and opens the secrets of connections with the master key, which is in memory only. */
export class Vault implements Disposable {
  readonly #deps: VaultDeps;
  #state: State = NOT_YET;
  #reading: Promise<void> = Promise.resolve();

  constructor(deps: VaultDeps) {
    this.#deps = deps;
  }

  /** Reads the master key and proves that it is the right one. A vault that stays shut is logged, and no error. */
  async open(): Promise<void> {
    await this.reload();
    if (this.#state.is === "open") return;
    const { code, message } = this.#state.why;
    this.#deps.log.error({ code, reason: message }, "the vault stays shut; everything else works");
  }

  /**
   * Reads the key again. One at a time: who comes later sees what the last one read. An open vault stays open with
   * the key it has when the key's source fails, which the caller is told: VAULT_LOCKED, VAULT_KEY_UNUSABLE.
   */
  reload(): Promise<void> {
    const next = this.#reading.then(() => this.#replace());
    this.#reading = next.catch(() => undefined);
    return next;
  }

  /** Why it is shut; undefined when it is open. */
  get obstacle(): BrowserVmError | undefined {
    return this.#state.is === "open" ? undefined : this.#state.why;
  }

  /** The version that secrets are locked with now. VAULT_LOCKED, VAULT_KEY_WRONG, VAULT_KEY_UNUSABLE. */
  get current(): number {
    return this.#opened().current;
  }

  get ring(): KeyRing {
    return this.#opened().ring;
  }

  /** Locks `plain`, which is overwritten. Stored only while its key is the current one: by SecretWriter. */
  lock(at: SecretPlace, plain: Buffer): Envelope {
    try {
      return close(this.key(this.current), at, plain);
    } finally {
      plain.fill(0);
    }
  }

  /** SECRET_ALTERED; VAULT_LOCKED when the key of its version is not there. */
  async unlock(at: SecretPlace, envelope: Envelope): Promise<Secret> {
    // Another controller may have taken a new key since we read ours.
    if (!this.ring.get(envelope.key_version)) await this.reload();
    return open(this.key(envelope.key_version), at, envelope);
  }

  /** A data key under the current master key. Stored only while that is the current one. */
  wrap(at: SecretPlace, key: Buffer): WrappedKey {
    return wrapKey(this.key(this.current), at, key);
  }

  /** The data key again. Errors as for `unlock`. */
  async unwrap(at: SecretPlace, wrapped: WrappedKey): Promise<Secret> {
    if (!this.ring.get(wrapped.key_version)) await this.reload();
    return unwrap(this.key(wrapped.key_version), at, wrapped);
  }

  /** VAULT_LOCKED. */
  key(version: number): MasterKey {
    return this.ring.key(version);
  }

  [Symbol.dispose](): void {
    if (this.#state.is === "open") this.#state.ring[Symbol.dispose]();
    this.#state = NOT_YET;
  }

  #opened(): Extract<State, { is: "open" }> {
    if (this.#state.is === "open") return this.#state;
    const { code, message, details } = this.#state.why;
    throw new BrowserVmError(code, message, details);
  }

  async #replace(): Promise<void> {
    const before = this.#state;
    const found = await this.#read();
    // A command that fails once takes no key away; a key that the database does not know does.
    if (before.is === "open" && found.is === "shut" && found.why.code !== "VAULT_KEY_WRONG") throw found.why;
    this.#state = found;
    if (before.is === "open") before.ring[Symbol.dispose]();
  }

  async #read(): Promise<State> {
    try {
      const ring = await this.#readRing();
      const current = await this.#prove(ring);
      return { is: "open", ring, current };
    } catch (error) {
      if (!isBrowserVmError(error)) this.#deps.log.error({ err: error }, "the vault's key cannot be read");
      return { is: "shut", why: toBrowserVmError(error) };
    }
  }

  async #readRing(): Promise<KeyRing> {
    const { source, store } = this.#deps;
    let text = await source.read();
    if (!text && canKeep(source) && (await keyStore.isEmpty(store))) {
      await source.make();
      text = await source.read();
    }
    if (!text) throw new BrowserVmError("VAULT_LOCKED", `there is no master key (${source.kind})`);
    try {
      return KeyRing.parse(text);
    } finally {
      text.fill(0);
    }
  }

  /** The version in use, after each key that we have was tried on what it is known by. */
  async #prove(ring: KeyRing): Promise<number> {
    const { store } = this.#deps;
    if (await keyStore.isEmpty(store))
      await inWriting(store, async (trx) => {
        if (!(await keyStore.isEmpty(trx))) return;
        await keyStore.add(trx, knownBy(ring.key(ring.latest)));
        const details = { version: ring.latest };
        await appendAudit(trx, { action: "vault.key_made", by: SYSTEM, details });
      });
    return checkProbes(await keyStore.list(store), ring);
  }
}
