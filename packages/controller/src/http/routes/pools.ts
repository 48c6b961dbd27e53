import { apiRoutes } from "@browservm/contract";
import type { Parts } from "../parts.ts";
import type { RowServer } from "../serve.ts";

/** VMs that are kept ready. */
export function servePools(rows: RowServer, { pools }: Parts): void {
  rows.serve(apiRoutes.listPools, async () => ({ data: await pools.list() }));
  rows.serve(apiRoutes.getPool, ({ params }) => pools.get(params.name));
  rows.serve(apiRoutes.putPool, ({ params, body }) => pools.put(params.name, body));
  rows.serve(apiRoutes.removePool, async ({ params }) => {
    await pools.remove(params.name);
    return {};
  });
  rows.serve(apiRoutes.flushPool, ({ params }) => pools.flush(params.name));
}
