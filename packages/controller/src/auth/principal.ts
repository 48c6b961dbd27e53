import {
  ALL_SCOPES,
  BrowserVmError,
  LINK_GRANTS,
  type Me,
  type PersonId,
  type Route,
  type Scope,
  type SessionId,
  scopesOf,
  type ViewLinkId,
} from "@browservm/contract";

/** Who is asking, and what that allows. */
export interface Principal {
  readonly kind: "socket" | "key" | "cookie" | "view-token";
  /** What it is called on the page; what it allows is in `may`. Null for keys. */
  readonly role: Me["role"];
  readonly may: ReadonlySet<Scope>;
  /** The one project that it sees; null: every project. */
  readonly project: string | null;
  /** Who signed in, or whose key it is. */
  readonly personId: PersonId | null;
  /** Names the credentials, e.g. for whose an Idempotency-Key is. */
  readonly scope: string;
  /** A viewer's one session. */
  readonly sessionId: SessionId | null;
  /** The link that it came by. */
  readonly linkId: ViewLinkId | null;
  /** Of the person or the API key, or for whom the link is. */
  readonly name: string | null;
  /** Whether it may use keyboard and mouse. */
  readonly canControl: boolean;
  /** Wanted as a header with every change; null where no browser sends credentials by itself. */
  readonly csrfToken: string | null;
  readonly expiresAt: string | null;
  /** Which of a key's secrets it was, as a hash; null for others. */
  readonly secretSha256: string | null;
}

/** What links, and those who signed in by one, have in common. */
export const OF_LINK = {
  role: "link",
  may: scopesOf(LINK_GRANTS),
  project: null,
  personId: null,
  secretSha256: null,
} as const satisfies Partial<Principal>;

/** A caller on the unix socket: the file's mode is the proof. */
export const SOCKET_PRINCIPAL: Principal = {
  kind: "socket",
  role: "admin",
  may: new Set(ALL_SCOPES),
  project: null,
  personId: null,
  scope: "socket",
  sessionId: null,
  linkId: null,
  name: null,
  canControl: true,
  csrfToken: null,
  expiresAt: null,
  secretSha256: null,
};

/** Operators may take the control of every session that they see, and reach all its files. */
export const isOperator = ({ may }: Pick<Principal, "may">): boolean => may.has("sessions:write");

/** Refuses who may not call a route: UNAUTHENTICATED for strangers, FORBIDDEN for others. `id` is the path's. */
export function admit(
  access: Route["access"],
  principal: Principal | undefined,
  id: string | undefined,
): void {
  if (access === "open") return;
  if (!principal) throw new BrowserVmError("UNAUTHENTICATED", "the request carries no valid credentials");
  if (access === "known") return;
  demand(principal, access);
  if (principal.sessionId !== null && id !== principal.sessionId) {
    throw new BrowserVmError("FORBIDDEN", "this view link is for another session");
  }
}

/** FORBIDDEN without the scope. */
export function demand(principal: Principal | undefined, scope: Scope): void {
  if (principal?.may.has(scope)) return;
  throw new BrowserVmError(
    "FORBIDDEN",
    `this needs the scope ${scope}, which these credentials do not have`,
    {
      needed: scope,
    },
  );
}
