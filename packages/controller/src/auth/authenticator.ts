import { BrowserVmError } from "@browservm/contract";
import type { Store } from "../store/store.ts";
import { ApiKeys } from "./api-keys.ts";
import { Invitations } from "./invitations.ts";
import { KeyDesk } from "./key-desk.ts";
import { LiveCredentials } from "./live-credentials.ts";
import { LoginTokens } from "./login-tokens.ts";
import { PasswordLogin } from "./password-login.ts";
import { Passwords } from "./passwords.ts";
import { PeopleDesk } from "./people-desk.ts";
import { OF_LINK, type Principal } from "./principal.ts";
import { SECRET_PREFIX } from "./secrets.ts";
import { type ViewGrant, ViewTokens } from "./view-tokens.ts";
import { type SignedIn, WebSessions } from "./web-sessions.ts";

/** The credentials of one request, as they came. */
export interface Credentials {
  /** From `Authorization: Bearer` or `X-API-Key`. */
  readonly bearer?: string | undefined;
  /** From `?token=`, for WebSockets and images, which carry no headers. View tokens only. */
  readonly queryToken?: string | undefined;
  readonly cookie?: string | undefined;
}

/** Knows who is asking. Everything that lets somebody in is made and judged here. */
export class Authenticator {
  readonly apiKeys: ApiKeys;
  readonly keyDesk: KeyDesk;
  readonly loginTokens: LoginTokens;
  readonly viewTokens: ViewTokens;
  readonly webSessions: WebSessions;
  readonly people: PeopleDesk;
  readonly invitations: Invitations;
  readonly passwordLogin: PasswordLogin;
  readonly live: LiveCredentials;
  readonly #store: Store;

  constructor(store: Store, passwordCost?: number) {
    this.#store = store;
    this.apiKeys = new ApiKeys(store);
    this.keyDesk = new KeyDesk(store);
    this.loginTokens = new LoginTokens(store);
    this.viewTokens = new ViewTokens(store);
    this.webSessions = new WebSessions(store);
    this.people = new PeopleDesk(store);
    const passwords = new Passwords(passwordCost);
    this.invitations = new Invitations(store, passwords);
    this.passwordLogin = new PasswordLogin(store, passwords);
    this.live = new LiveCredentials((principal) => this.isStillGood(principal));
  }

  /** The caller, or undefined for a stranger. Credentials that are shown and wrong are never passed over. */
  async identify({ bearer, queryToken, cookie }: Credentials): Promise<Principal | undefined> {
    if (bearer?.startsWith(SECRET_PREFIX.viewToken)) return this.#viewer(bearer);
    if (bearer !== undefined) return this.apiKeys.find(bearer);
    if (queryToken !== undefined) return this.#viewer(queryToken);
    return cookie === undefined ? undefined : this.webSessions.find(cookie);
  }

  /** Exchanges the token of a link for a cookie. LOGIN_TOKEN_SPENT when it is unknown, used or expired. */
  async login(token: string): Promise<SignedIn> {
    if (token.startsWith(SECRET_PREFIX.viewToken)) {
      const grant = await this.viewTokens.use(token);
      if (grant) return this.webSessions.create({ grant });
    } else {
      const spent = await this.loginTokens.spend(token);
      const { personId } = spent ?? { personId: null };
      if (spent) return this.webSessions.create(personId === null ? { operator: true } : { personId });
    }
    throw new BrowserVmError("LOGIN_TOKEN_SPENT", "the token is unknown, was used, or has expired");
  }

  /** Whether credentials that opened a long connection are still good: not expired, removed, revoked or disabled. */
  async isStillGood(principal: Principal): Promise<boolean> {
    const { kind, scope, expiresAt } = principal;
    if (expiresAt !== null && expiresAt <= new Date().toISOString()) return false;
    if (kind === "key") return this.apiKeys.isStillGood(principal);
    if (kind === "cookie") return this.webSessions.has(scope.replace(/^cookie:/, ""));
    if (kind === "view-token") return this.viewTokens.has(scope.replace(/^view:/, ""));
    return true;
  }

  async forgetExpired(now: string): Promise<void> {
    await this.#store.deleteFrom("login_token").where("expires_at", "<", now).execute();
    await this.#store.deleteFrom("view_token").where("expires_at", "<", now).execute();
    await this.#store.deleteFrom("web_session").where("expires_at", "<", now).execute();
    await this.#store.deleteFrom("invitation").where("expires_at", "<", now).execute();
  }

  async #viewer(token: string): Promise<Principal | undefined> {
    const grant = await this.viewTokens.use(token);
    return grant && asPrincipal(grant);
  }
}

function asPrincipal({ sessionId, linkId, name, role, expiresAt, tokenSha256 }: ViewGrant): Principal {
  return {
    ...OF_LINK,
    kind: "view-token",
    scope: `view:${tokenSha256}`,
    sessionId,
    linkId,
    name,
    canControl: role === "control",
    csrfToken: null,
    expiresAt,
  };
}
