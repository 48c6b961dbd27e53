import { apiRoutes } from "@browservm/contract";
import type { Parts } from "../parts.ts";
import type { RowServer } from "../serve.ts";

/** Where sessions may go. */
export function serveEgress(rows: RowServer, { egress }: Pick<Parts, "egress">): void {
  rows.serve(apiRoutes.sessionEgress, ({ params }) => egress.report(params.id));
  rows.serve(apiRoutes.setSessionEgress, ({ params, body }) => egress.set(params.id, body.policy));
}
