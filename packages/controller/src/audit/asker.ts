import type { Principal } from "../auth/principal.ts";
import type { Asker } from "./audit-log.ts";

/** Who asks, as the audit log names them: by the id of their credentials, never by a hash of these. */
export function askerOf(principal: Principal | undefined, requestId: string): Asker {
  if (!principal) return { actor: { kind: "system", id: null, name: null }, requestId };
  const { kind, scope, linkId, name, personId } = principal;
  if (kind === "cookie" && personId !== null)
    return { actor: { kind: "person", id: personId, name }, requestId };
  const id = kind === "view-token" ? linkId : kind === "socket" ? null : scope.slice(scope.indexOf(":") + 1);
  return { actor: { kind, id, name }, requestId };
}
