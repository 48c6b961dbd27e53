import { BrowserVmError } from "@browservm/contract";
import type { EventLog, NewEvent } from "../events/event-log.ts";
import type { Store } from "../store/store.ts";
import { lockForWriting } from "../store/writing.ts";
import { type ConnectionSecret, encodeSecret } from "./connection-secret.ts";
import type { Envelope, SecretPlace } from "./envelope.ts";
import type { Vault } from "./vault.ts";
import { keyStore } from "./vault-keys.ts";

export interface SecretWriterDeps {
  readonly vault: Vault;
  readonly events: EventLog;
}

type Work<T> = (trx: Store, append: (event: NewEvent) => Promise<void>) => Promise<T>;

type Keep<T> = (envelope: Envelope, ...rest: Parameters<Work<T>>) => Promise<T>;

/** A key that changes so often is a fault. */
const TRIES = 3;

/** Stores secrets, always locked with the key that is the current one when they are stored. */
export class SecretWriter {
  readonly #deps: SecretWriterDeps;

  constructor(deps: SecretWriterDeps) {
    this.#deps = deps;
  }

  /** Locks `secret` for its place, and lets `work` store it: all of that or nothing. */
  write<T>(at: SecretPlace, secret: ConnectionSecret, work: Keep<T>): Promise<T> {
    return this.seal(at, () => encodeSecret(secret), work);
  }

  /** The same for other secrets, which are encoded anew for each try: what is locked is overwritten. */
  async seal<T>(at: SecretPlace, encode: () => Buffer, work: Keep<T>): Promise<T> {
    const { vault } = this.#deps;
    for (let left = TRIES; left > 0; left -= 1) {
      const envelope = vault.lock(at, encode());
      const stored = await this.change(async (trx, append) => {
        // After a rotation began, nothing is locked with the key before: that one may be gone soon.
        if ((await keyStore.current(trx)) !== envelope.key_version) return undefined;
        return { result: await work(envelope, trx, append) };
      });
      if (stored) return stored.result;
      await vault.reload();
    }
    throw new BrowserVmError("VAULT_LOCKED", "the master key changed again and again");
  }

  /** A change with its events, which has the lock for writing from its beginning. */
  change<T>(work: Work<T>): Promise<T> {
    return this.#deps.events.record(async (trx, append) => {
      await lockForWriting(trx);
      return work(trx, append);
    });
  }
}
