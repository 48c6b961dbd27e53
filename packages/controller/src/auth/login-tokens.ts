import { PersonId } from "@browservm/contract";
import type { Store } from "../store/store.ts";
import { newSecret, SECRET_PREFIX, sha256 } from "./secrets.ts";

const LIFE_MS = 15 * 60_000;

/** Tokens of sign-in links: each opens the page once, within 15 minutes, as who made it. */
export class LoginTokens {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** As a person, or (null) as root's operator. */
  async create(personId: PersonId | null = null): Promise<{ token: string; expiresAt: string }> {
    const token = newSecret(SECRET_PREFIX.loginToken);
    const expiresAt = new Date(Date.now() + LIFE_MS).toISOString();
    await this.#store
      .insertInto("login_token")
      .values({
        token_sha256: sha256(token),
        role: "admin",
        expires_at: expiresAt,
        spent_at: null,
        person_id: personId,
      })
      .execute();
    return { token, expiresAt };
  }

  /** Whom it lets in, exactly once for each token: also of two at the same time only one wins. */
  async spend(token: string): Promise<{ personId: PersonId | null } | undefined> {
    const now = new Date().toISOString();
    const row = await this.#store
      .updateTable("login_token")
      .set({ spent_at: now })
      .where("token_sha256", "=", sha256(token))
      .where("spent_at", "is", null)
      .where("expires_at", ">", now)
      .returning("person_id")
      .executeTakeFirst();
    return row && { personId: row.person_id === null ? null : PersonId.parse(row.person_id) };
  }
}
