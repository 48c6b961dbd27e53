import { randomBytes } from "node:crypto";
import {
  BrowserVmError,
  makeId,
  SessionId,
  type ViewLink,
  ViewLinkId,
  ViewRole,
  type ViewTokenRequest,
} from "@browservm/contract";
import { sql } from "kysely";
import type { z } from "zod";
import type { Store } from "../store/store.ts";
import type { ViewTokenTable } from "../store/tables.ts";
import { newSecret, SECRET_PREFIX, sha256 } from "./secrets.ts";

/** What a view link allows, and until when. */
export interface ViewGrant {
  readonly sessionId: SessionId;
  readonly linkId: ViewLinkId;
  readonly name: string | null;
  readonly role: ViewRole;
  readonly expiresAt: string;
  readonly tokenSha256: string;
}

export type ViewTokenSpec = z.output<typeof ViewTokenRequest>;

/** The secret of a link, which is told once. */
export interface FreshLink {
  readonly id: ViewLinkId;
  readonly token: string;
  readonly expiresAt: string;
}

/** Links to one session's live view, and their tokens. */
export class ViewTokens {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async create(sessionId: SessionId, spec: ViewTokenSpec): Promise<FreshLink> {
    const token = newSecret(SECRET_PREFIX.viewToken);
    const id = ViewLinkId.parse(makeId("lnk", randomBytes(20)));
    const now = Date.now();
    const expiresAt = new Date(now + spec.ttlSeconds * 1000).toISOString();
    await this.#store
      .insertInto("view_token")
      .values({
        id,
        token_sha256: sha256(token),
        session_id: sessionId,
        role: spec.role,
        one_time: spec.oneTime ? 1 : 0,
        name: spec.name ?? null,
        created_at: new Date(now).toISOString(),
        expires_at: expiresAt,
        spent_at: null,
        revoked_at: null,
      })
      .execute();
    return { id, token, expiresAt };
  }

  /** A session's links, the newest first; those that have expired stay for about an hour. */
  async list(sessionId: SessionId): Promise<ViewLink[]> {
    const rows = await this.#store
      .selectFrom("view_token")
      .selectAll()
      .where("session_id", "=", sessionId)
      .orderBy("created_at", "desc")
      .orderBy(sql`rowid`, "desc")
      .execute();
    return rows.map(toLink);
  }

  /** Makes a link useless, and every sign-in by it; revoking it twice is fine. VIEW_LINK_NOT_FOUND. */
  async revoke(sessionId: SessionId, id: ViewLinkId): Promise<void> {
    await this.#store.transaction().execute(async (trx) => {
      const link = await trx
        .selectFrom("view_token")
        .select("revoked_at")
        .where("id", "=", id)
        .where("session_id", "=", sessionId)
        .executeTakeFirst();
      if (!link)
        throw new BrowserVmError("VIEW_LINK_NOT_FOUND", `session ${sessionId} has no link ${id}`, { id });
      const revoked = { revoked_at: link.revoked_at ?? new Date().toISOString() };
      await trx.updateTable("view_token").set(revoked).where("id", "=", id).execute();
      await trx.deleteFrom("web_session").where("link_id", "=", id).execute();
    });
  }

  /** What the token allows, or undefined when it is unknown, expired, spent or revoked. Using a one-time token spends it. */
  async use(token: string): Promise<ViewGrant | undefined> {
    const tokenSha256 = sha256(token);
    const now = new Date().toISOString();
    const { numUpdatedRows } = await this.#store
      .updateTable("view_token")
      .set({ spent_at: now })
      .where("token_sha256", "=", tokenSha256)
      .where("expires_at", ">", now)
      .where("revoked_at", "is", null)
      .where(({ or, eb }) => or([eb("one_time", "=", 0), eb("spent_at", "is", null)]))
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) return undefined;
    const row = await this.#store
      .selectFrom("view_token")
      .selectAll()
      .where("token_sha256", "=", tokenSha256)
      .executeTakeFirst();
    return row && toGrant(row);
  }

  /** Whether a token that was used is still good: of a one-time token, for who used it. */
  async has(tokenSha256: string): Promise<boolean> {
    const row = await this.#store
      .selectFrom("view_token")
      .select("id")
      .where("token_sha256", "=", tokenSha256)
      .where("revoked_at", "is", null)
      .executeTakeFirst();
    return row !== undefined;
  }
}

function toGrant(row: ViewTokenTable): ViewGrant {
  return {
    sessionId: SessionId.parse(row.session_id),
    linkId: ViewLinkId.parse(row.id),
    name: row.name,
    role: ViewRole.parse(row.role),
    expiresAt: row.expires_at,
    tokenSha256: row.token_sha256,
  };
}

function toLink(row: ViewTokenTable): ViewLink {
  return {
    id: ViewLinkId.parse(row.id),
    role: ViewRole.parse(row.role),
    oneTime: row.one_time === 1,
    name: row.name,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    spentAt: row.spent_at,
    revokedAt: row.revoked_at,
  };
}
