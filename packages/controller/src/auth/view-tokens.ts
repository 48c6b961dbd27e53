import { SessionId } from "@browservm/contract";
import { z } from "zod";
import type { Store } from "../store/store.ts";
import { newSecret, SECRET_PREFIX, sha256 } from "./secrets.ts";

const ViewRole = z.enum(["view", "control"]);

/** What a view link allows, and until when. */
export interface ViewGrant {
  readonly sessionId: SessionId;
  readonly role: "view" | "control";
  readonly expiresAt: string;
  readonly tokenSha256: string;
}

export interface ViewTokenSpec {
  readonly role: "view" | "control";
  readonly ttlSeconds: number;
  readonly oneTime: boolean;
}

/** Short-lived tokens for one session's live view. */
export class ViewTokens {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async create(sessionId: SessionId, spec: ViewTokenSpec): Promise<{ token: string; expiresAt: string }> {
    const token = newSecret(SECRET_PREFIX.viewToken);
    const expiresAt = new Date(Date.now() + spec.ttlSeconds * 1000).toISOString();
    await this.#store
      .insertInto("view_token")
      .values({
        token_sha256: sha256(token),
        session_id: sessionId,
        role: spec.role,
        one_time: spec.oneTime ? 1 : 0,
        expires_at: expiresAt,
        spent_at: null,
      })
      .execute();
    return { token, expiresAt };
  }

  /** What the token allows, or undefined when it is unknown, expired or spent. Using a one-time token spends it. */
  async use(token: string): Promise<ViewGrant | undefined> {
    const tokenSha256 = sha256(token);
    const now = new Date().toISOString();
    const { numUpdatedRows } = await this.#store
      .updateTable("view_token")
      .set({ spent_at: now })
      .where("token_sha256", "=", tokenSha256)
      .where("expires_at", ">", now)
      .where(({ or, eb }) => or([eb("one_time", "=", 0), eb("spent_at", "is", null)]))
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) return undefined;
    const row = await this.#store
      .selectFrom("view_token")
      .selectAll()
      .where("token_sha256", "=", tokenSha256)
      .executeTakeFirst();
    if (!row) return undefined;
    const sessionId = SessionId.parse(row.session_id);
    return { sessionId, role: ViewRole.parse(row.role), expiresAt: row.expires_at, tokenSha256 };
  }
}
