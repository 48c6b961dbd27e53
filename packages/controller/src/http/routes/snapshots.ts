import { apiRoutes } from "@browservm/contract";
import type { Parts } from "../parts.ts";
import type { RowServer } from "../serve.ts";

/** Golden snapshots, which are the machine's: passed on to hostd. */
export function serveSnapshots(rows: RowServer, { host }: Parts): void {
  rows.serve(apiRoutes.listSnapshots, async () => ({ data: await host.listSnapshots() }));
  rows.serve(apiRoutes.makeSnapshot, ({ body }) => host.makeSnapshot(body));
  rows.serve(apiRoutes.removeSnapshot, async ({ params }) => {
    await host.removeSnapshot(params.id);
    return {};
  });
}
