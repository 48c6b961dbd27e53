import {
  BrowserVmError,
  type Grant,
  ROLE_GRANTS,
  type Role,
  type Scope,
  scopesOf,
} from "@browservm/contract";
import type { Principal } from "./principal.ts";

/** What is to be given to somebody else. */
export interface Gift {
  readonly scopes: ReadonlySet<Scope>;
  readonly project: string | null;
}

export const giftOf = (grants: readonly Grant[], project: string | null): Gift => ({
  scopes: scopesOf(grants),
  project,
});
export const giftOfRole = (role: Role): Gift => giftOf(ROLE_GRANTS[role], null);

const missingOf = (may: ReadonlySet<Scope>, { scopes }: Gift): Scope[] =>
  [...scopes].filter((scope) => !may.has(scope));

/** Whether the giver has all of it. */
export function covers({ may, project }: Pick<Principal, "may" | "project">, gift: Gift): boolean {
  return missingOf(may, gift).length === 0 && (project === null || project === gift.project);
}

/** GRANT_TOO_STRONG unless the giver has all of it. */
export function mustCover(principal: Principal, gift: Gift): void {
  if (covers(principal, gift)) return;
  const missing = missingOf(principal.may, gift);
  const why =
    missing.length > 0
      ? `these credentials lack ${missing.join(", ")}`
      : `these credentials are for the project ${principal.project} only`;
  throw new BrowserVmError("GRANT_TOO_STRONG", why, { missing });
}

/** A key that ends gives no way in that outlasts it. GRANT_TOO_STRONG. */
export function mustOutlast(principal: Principal, expiresAt: string | null): void {
  if (principal.kind !== "key" || principal.expiresAt === null) return;
  if (expiresAt !== null && expiresAt <= principal.expiresAt) return;
  throw new BrowserVmError("GRANT_TOO_STRONG", `these credentials end at ${principal.expiresAt}`, {
    missing: [],
    expiresAt: principal.expiresAt,
  });
}
