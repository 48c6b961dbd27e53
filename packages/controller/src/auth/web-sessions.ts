import { randomBytes } from "node:crypto";
import {
  BrowserVmError,
  makeId,
  PersonId,
  ROLE_GRANTS,
  Role,
  SessionId,
  scopesOf,
  ViewLinkId,
} from "@browservm/contract";
import type { Store } from "../store/store.ts";
import type { WebSessionTable } from "../store/tables.ts";
import { OF_LINK, type Principal } from "./principal.ts";
import { csrfTokenOf, newSecret, sha256 } from "./secrets.ts";
import type { ViewGrant } from "./view-tokens.ts";

const LIFE_MS = 7 * 86_400_000;

export interface SignedIn {
  readonly cookie: string;
  readonly expiresAt: string;
  readonly principal: Principal;
}

/** As whom a browser is signed in: by a link, as a person, or as root's operator. */
export type SignInAs =
  | { readonly grant: ViewGrant }
  | { readonly personId: PersonId }
  | { readonly operator: true };

/** A sign-in, with who the person is now. */
interface Found extends WebSessionTable {
  readonly person_name: string | null;
  readonly person_role: string | null;
}

/** Browsers that signed in. The cookie's value is stored as a hash. */
export class WebSessions {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** For a week, or as long as the view link lasts. Always a fresh cookie: none that was there before is taken on. */
  async create(as: SignInAs): Promise<SignedIn> {
    const cookie = newSecret();
    const now = new Date();
    const row = newRow(as, now);
    await this.#store
      .insertInto("web_session")
      .values({ ...row, cookie_sha256: sha256(cookie) })
      .execute();
    if (row.person_id !== null) await this.#note(row.person_id, now);
    const principal = await this.find(cookie);
    // Its link was revoked, or the person disabled, in this very moment.
    if (!principal) throw new BrowserVmError("LOGIN_TOKEN_SPENT", "it was revoked");
    return { cookie, expiresAt: row.expires_at, principal };
  }

  async find(cookie: string): Promise<Principal | undefined> {
    const row = await this.#good()
      .selectAll("web_session")
      .select(["person.name as person_name", "person.role as person_role"])
      .where("cookie_sha256", "=", sha256(cookie))
      .where("web_session.expires_at", ">", new Date().toISOString())
      .executeTakeFirst();
    return row && { ...allowedTo(row), ...ofCookie(row, cookie) };
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

  async #note(personId: string, at: Date): Promise<void> {
    const signedIn = { last_sign_in_at: at.toISOString() };
    await this.#store.updateTable("person").set(signedIn).where("id", "=", personId).execute();
  }

  /**
   * Those whose link was not revoked and whose person is there and not disabled: also one that is made while that
   * happens is no good.
   */
  #good() {
    return this.#store
      .selectFrom("web_session")
      .leftJoin("view_token", "view_token.id", "web_session.link_id")
      .leftJoin("person", "person.id", "web_session.person_id")
      .where("view_token.revoked_at", "is", null)
      .where(({ eb, or }) => or([eb("web_session.person_id", "is", null), eb("person.disabled", "=", 0)]));
  }
}

function newRow(as: SignInAs, now: Date): Omit<WebSessionTable, "cookie_sha256"> {
  const grant = "grant" in as ? as.grant : undefined;
  const personId = "personId" in as ? as.personId : null;
  return {
    id: makeId("tok", randomBytes(20)),
    role: grant ? "view" : personId === null ? "admin" : "person",
    session_id: grant?.sessionId ?? null,
    can_control: grant?.role === "view" ? 0 : 1,
    created_at: now.toISOString(),
    expires_at: grant?.expiresAt ?? new Date(now.getTime() + LIFE_MS).toISOString(),
    link_id: grant?.linkId ?? null,
    name: grant?.name ?? null,
    person_id: personId,
  };
}

function allowedTo(
  row: Found,
): Pick<Principal, "role" | "may" | "project" | "personId" | "secretSha256" | "canControl" | "name"> {
  if (row.role === "view") return { ...OF_LINK, canControl: row.can_control === 1, name: row.name };
  const personId = row.person_id === null ? null : PersonId.parse(row.person_id);
  const role = personId === null ? "admin" : Role.parse(row.person_role);
  const may = scopesOf(ROLE_GRANTS[role]);
  const canControl = may.has("sessions:write");
  return { role, may, project: null, personId, secretSha256: null, canControl, name: row.person_name };
}

function ofCookie(row: Found, cookie: string) {
  return {
    kind: "cookie",
    scope: `cookie:${row.id}`,
    sessionId: row.session_id === null ? null : SessionId.parse(row.session_id),
    linkId: row.link_id === null ? null : ViewLinkId.parse(row.link_id),
    csrfToken: csrfTokenOf(cookie),
    expiresAt: row.expires_at,
  } as const;
}
