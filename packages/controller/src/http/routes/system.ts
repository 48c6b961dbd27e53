import { apiRoutes } from "@browservm/contract";
import { requestAddress } from "../guard.ts";
import { openApi } from "../openapi.ts";
import type { Parts } from "../parts.ts";
import type { RowServer } from "../serve.ts";

/** How the controller and its machine are. */
export function serveSystem(rows: RowServer, { host, version, address, metricsPage }: Parts): void {
  rows.serve(apiRoutes.health, async () => ({ status: "ok" as const }));
  rows.serve(apiRoutes.ready, async () => {
    await host.getHost();
    return { status: "ok" as const };
  });
  rows.serve(apiRoutes.metrics, async ({ reply }) =>
    reply.type("text/plain; version=0.0.4; charset=utf-8").send(await metricsPage()),
  );
  rows.serve(apiRoutes.host, () => host.getHost());
  rows.serve(apiRoutes.openapi, async ({ request }) =>
    openApi(apiRoutes, { version, url: address.baseUrl(requestAddress(request)) }),
  );
}
