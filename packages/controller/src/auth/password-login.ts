import { BrowserVmError, type PersonId } from "@browservm/contract";
import { type Asker, appendAudit } from "../audit/audit-log.ts";
import type { Store } from "../store/store.ts";
import type { PersonTable } from "../store/tables.ts";
import { inWriting } from "../store/writing.ts";
import type { Passwords } from "./passwords.ts";
import { personStore } from "./person-store.ts";
import { RateLimit } from "./rate-limit.ts";
import { sha256 } from "./secrets.ts";

/** Signing in by e-mail address and password, and changing that password. */
export class PasswordLogin {
  readonly #store: Store;
  readonly #passwords: Passwords;
  /** Of one account, whoever tries: guessing is slow however many computers do it. */
  readonly #tries = new RateLimit({ burst: 10, everyMs: 15_000 });
  /** The audit log only grows, and strangers can fail as often as they like. */
  readonly #told = new RateLimit({ burst: 100, everyMs: 60_000 });

  constructor(store: Store, passwords: Passwords) {
    this.#store = store;
    this.#passwords = passwords;
  }

  /**
   * Who it is. LOGIN_REFUSED, in the same words and after the same work, for a wrong password, an unknown address, a
   * disabled person and one without a password; RATE_LIMITED.
   */
  async signIn(email: string, password: string, requestId: string): Promise<PersonTable> {
    this.#tries.take(sha256(email.trim().toLowerCase()));
    const person = await personStore.findByEmail(this.#store, email.trim());
    const isRight = await this.#passwords.verify(password, person?.password_hash ?? null);
    if (person && isRight && person.disabled === 0) return person;
    await this.#tellRefused(person, requestId);
    throw refused();
  }

  /** LOGIN_REFUSED when `current` is wrong. Ends the person's sign-ins, also the one that asks. */
  async change(id: PersonId, { current, next }: { current: string; next: string }, by: Asker): Promise<void> {
    this.#tries.take(id);
    const { password_hash: before } = await personStore.get(this.#store, id);
    if (!(await this.#passwords.verify(current, before))) throw refused();
    const hash = await this.#passwords.hash(next);
    await inWriting(this.#store, async (trx) => {
      const { numUpdatedRows } = await trx
        .updateTable("person")
        .set({ password_hash: hash })
        .where("id", "=", id)
        .where("password_hash", "=", before)
        .executeTakeFirst();
      if (numUpdatedRows !== 1n) throw refused();
      await personStore.endSignIns(trx, id);
      const details = { person: id, by: "password" };
      await appendAudit(trx, { action: "person.password_changed", by, details });
    });
  }

  /** Also for an address that nobody has, so that it takes as long; what was typed is not told, it may be a password. */
  async #tellRefused(person: PersonTable | undefined, requestId: string): Promise<void> {
    try {
      this.#told.take("all");
    } catch {
      return; // enough was told of this hour
    }
    const actor = { kind: "system", id: null, name: null } as const;
    const details = { person: person?.id ?? null, way: "password" };
    await inWriting(this.#store, (trx) =>
      appendAudit(trx, { action: "person.sign_in_refused", by: { actor, requestId }, details }),
    );
  }
}

const refused = () => new BrowserVmError("LOGIN_REFUSED", "the e-mail address or the password is wrong");
