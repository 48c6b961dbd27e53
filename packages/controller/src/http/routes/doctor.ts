import { apiRoutes } from "@browservm/contract";
import { demand } from "../../auth/principal.ts";
import type { Parts } from "../parts.ts";
import type { RowServer } from "../serve.ts";

/** What is wrong and what was repaired: of one session for its users, of the whole host for admins. */
export function serveDoctor(rows: RowServer, { doctor, wall }: Parts): void {
  rows.serve(apiRoutes.doctor, async ({ body, principal }) => {
    if (body.sessionId === undefined) demand(principal, "host:inspect");
    await wall.mustReach(principal, [body.sessionId]);
    return doctor.examine(body);
  });
  rows.serve(apiRoutes.doctorFix, ({ body: { apply, ...target } }) => doctor.fix(target, apply));
  rows.serve(apiRoutes.hostNetwork, () => doctor.picture());
  rows.serve(apiRoutes.sessionEvidence, async ({ params, reply }) => {
    const tar = await doctor.evidence(params.id);
    return reply.type("application/x-tar").send(Buffer.from(tar));
  });
}
