import { BrowserVmError, type Me, type Route, type SessionId, type ViewLinkId } from "@browservm/contract";

/** Who is asking, and what that allows. */
export interface Principal {
  readonly kind: "socket" | "key" | "cookie" | "view-token";
  readonly role: Me["role"];
  /** Names the credentials, e.g. for whose an Idempotency-Key is. */
  readonly scope: string;
  /** A viewer's one session. */
  readonly sessionId: SessionId | null;
  /** The link that it came by. */
  readonly linkId: ViewLinkId | null;
  /** Of the API key, or for whom the link is. */
  readonly name: string | null;
  /** Whether it may use keyboard and mouse. */
  readonly canControl: boolean;
  /** Wanted as a header with every change; null where no browser sends credentials by itself. */
  readonly csrfToken: string | null;
  readonly expiresAt: string | null;
}

/** A caller on the unix socket: the file's mode is the proof. */
export const SOCKET_PRINCIPAL: Principal = {
  kind: "socket",
  role: "admin",
  scope: "socket",
  sessionId: null,
  linkId: null,
  name: null,
  canControl: true,
  csrfToken: null,
  expiresAt: null,
};

const RANK = { view: 0, user: 1, admin: 2 } as const;

/** Refuses who may not call a route: UNAUTHENTICATED for strangers, FORBIDDEN for others. `id` is the path's. */
export function admit(
  access: Route["access"],
  principal: Principal | undefined,
  id: string | undefined,
): void {
  if (access === "open") return;
  if (!principal) throw new BrowserVmError("UNAUTHENTICATED", "the request carries no valid credentials");
  if (RANK[principal.role] < RANK[access]) {
    throw new BrowserVmError(
      "FORBIDDEN",
      `this needs the role ${access}, and these credentials have ${principal.role}`,
      {
        needed: access,
        role: principal.role,
      },
    );
  }
  if (principal.sessionId !== null && id !== undefined && id !== principal.sessionId) {
    throw new BrowserVmError("FORBIDDEN", "this view link is for another session");
  }
}
