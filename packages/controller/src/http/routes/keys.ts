import { apiRoutes, BrowserVmError } from "@browservm/contract";
import { askerOf } from "../../audit/asker.ts";
import type { Principal } from "../../auth/principal.ts";
import { endRevoked } from "../end-revoked.ts";
import type { Parts } from "../parts.ts";
import type { RowServer } from "../serve.ts";

/** Keys of programs: made, listed, rotated, revoked. */
export function serveKeys(rows: RowServer, parts: Parts): void {
  const { keyDesk } = parts.authenticator;
  rows.serve(apiRoutes.createApiKey, ({ body, principal, request }) =>
    keyDesk.create(body, { principal: known(principal), by: askerOf(principal, request.id) }),
  );
  rows.serve(apiRoutes.listApiKeys, async ({ principal }) => ({
    data: await keyDesk.list(known(principal)),
  }));
  rows.serve(apiRoutes.rotateApiKey, async ({ params, body, principal, request }) => {
    const maker = { principal: known(principal), by: askerOf(principal, request.id) };
    const key = await keyDesk.rotate(params.id, body.graceSeconds, maker);
    await endRevoked(parts);
    return key;
  });
  rows.serve(apiRoutes.removeApiKey, async ({ params, principal, request }) => {
    await keyDesk.remove(params.id, { principal: known(principal), by: askerOf(principal, request.id) });
    await endRevoked(parts);
    return {};
  });
}

/** Rows that need a scope have a caller. */
export function known(principal: Principal | undefined): Principal {
  if (!principal) throw new BrowserVmError("UNAUTHENTICATED", "the request carries no valid credentials");
  return principal;
}
