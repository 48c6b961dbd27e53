import type { Me } from "@browservm/contract";

/** What can be allowed, as far as the page asks. */
export type Scope =
  | "sessions:read"
  | "connections:read"
  | "connections:token"
  | "connections:write"
  | "vault:read"
  | "vault:write"
  | "audit:read"
  | "host:inspect";

const ADMINS_ONLY: ReadonlySet<Scope> = new Set(["vault:read", "vault:write", "audit:read", "host:inspect"]);

/** Whether who looks at this page may do something; nobody may before the API has said who it is. */
export const may = (me: Me | null, scope: Scope): boolean =>
  me?.role === "admin" || (me?.role === "user" && !ADMINS_ONLY.has(scope));
