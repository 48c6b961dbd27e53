import type { Store } from "../store/store.ts";
import { newSecret, SECRET_PREFIX, sha256 } from "./secrets.ts";

const LIFE_MS = 15 * 60_000;

/** Tokens of sign-in links: each opens the page once, within 15 minutes. */
export class LoginTokens {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async create(): Promise<{ token: string; expiresAt: string }> {
    const token = newSecret(SECRET_PREFIX.loginToken);
    const expiresAt = new Date(Date.now() + LIFE_MS).toISOString();
    await this.#store
      .insertInto("login_token")
      .values({ token_sha256: sha256(token), role: "admin", expires_at: expiresAt, spent_at: null })
      .execute();
    return { token, expiresAt };
  }

  /** True exactly once for each token: also of two at the same time only one wins. */
  async spend(token: string): Promise<boolean> {
    const now = new Date().toISOString();
    const { numUpdatedRows } = await this.#store
      .updateTable("login_token")
      .set({ spent_at: now })
      .where("token_sha256", "=", sha256(token))
      .where("spent_at", "is", null)
      .where("expires_at", ">", now)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }
}
