import { randomBytes } from "node:crypto";
import { BrowserVmError, makeId, SessionId, ViewLinkId } from "@browservm/contract";
import { z } from "zod";
import type { Store } from "../store/store.ts";
import type { Principal } from "./principal.ts";
import { csrfTokenOf, newSecret, sha256 } from "./secrets.ts";
import type { ViewGrant } from "./view-tokens.ts";

const CookieRole = z.enum(["admin", "user", "view"]);
const LIFE_MS = 7 * 86_400_000;

export interface SignedIn {
  readonly cookie: string;
  readonly expiresAt: string;
  readonly principal: Principal;
}

/** Browsers that signed in. The cookie's value is stored as a hash. */
export class WebSessions {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** An operator for a week, or a viewer for as long as the view link lasts. */
  async create(grant?: ViewGrant): Promise<SignedIn> {
    const cookie = newSecret();
    const now = Date.now();
    const expiresAt = grant?.expiresAt ?? new Date(now + LIFE_MS).toISOString();
    await this.#store
      .insertInto("web_session")
      .values({
        id: makeId("tok", randomBytes(20)),
        cookie_sha256: sha256(cookie),
        role: grant ? "view" : "admin",
        session_id: grant?.sessionId ?? null,
        can_control: grant?.role === "view" ? 0 : 1,
        created_at: new Date(now).toISOString(),
        expires_at: expiresAt,
        link_id: grant?.linkId ?? null,
        name: grant?.name ?? null,
      })
      .execute();
    const principal = await this.find(cookie);
    // Its link was revoked in this very moment.
    if (!principal) throw new BrowserVmError("LOGIN_TOKEN_SPENT", "the link was revoked");
    return { cookie, expiresAt, principal };
  }

  async find(cookie: string): Promise<Principal | undefined> {
    const row = await this.#good()
      .selectAll("web_session")
      .where("cookie_sha256", "=", sha256(cookie))
      .where("web_session.expires_at", ">", new Date().toISOString())
      .executeTakeFirst();
    if (!row) return undefined;
    return {
      kind: "cookie",
      role: CookieRole.parse(row.role),
      scope: `cookie:${row.id}`,
      sessionId: row.session_id === null ? null : SessionId.parse(row.session_id),
      linkId: row.link_id === null ? null : ViewLinkId.parse(row.link_id),
      name: row.name,
      canControl: row.can_control === 1,
      csrfToken: csrfTokenOf(cookie),
      expiresAt: row.expires_at,
    };
  }

  async has(id: string): Promise<boolean> {
    const row = await this.#good()
      .select("web_session.id")
      .where("web_session.id", "=", id)
      .executeTakeFirst();
    return row !== undefined;
  }

  async remove(scope: string): Promise<void> {
    await this.#store
      .deleteFrom("web_session")
      .where("id", "=", scope.replace(/^cookie:/, ""))
      .execute();
  }

  /** Those whose link, if they came by one, was not revoked: also one that is made while its link is revoked is no good. */
  #good() {
    return this.#store
      .selectFrom("web_session")
      .leftJoin("view_token", "view_token.id", "web_session.link_id")
      .where("view_token.revoked_at", "is", null);
  }
}
