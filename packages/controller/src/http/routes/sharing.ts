import { apiRoutes, BrowserVmError } from "@browservm/contract";
import { mustOutlast } from "../../auth/delegation.ts";
import { Sharing } from "../../live-view/sharing.ts";
import { requestAddress } from "../guard.ts";
import type { Parts } from "../parts.ts";
import type { RowServer } from "../serve.ts";
import { known } from "./keys.ts";

/** Links to a session, who is there, and who has the control. */
export function serveSharing(rows: RowServer, parts: Parts): void {
  const { sessions, authenticator, address, viewers } = parts;
  const sharing = new Sharing({ authenticator, viewers });
  rows.serve(apiRoutes.createViewToken, async ({ params, body, principal, request }) => {
    await sessions.get(params.id);
    mustOutlast(known(principal), new Date(Date.now() + body.ttlSeconds * 1000).toISOString());
    const link = await authenticator.viewTokens.create(params.id, body);
    const base = address.baseUrl(requestAddress(request));
    // In the fragment, which browsers send to nobody.
    const url = `${base}/login#token=${link.token}&next=/sessions/${params.id}`;
    return { ...link, url, role: body.role };
  });
  rows.serve(apiRoutes.listViewLinks, async ({ params }) => {
    await sessions.get(params.id);
    return { links: await authenticator.viewTokens.list(params.id) };
  });
  rows.serve(apiRoutes.revokeViewLink, async ({ params }) => {
    await sessions.get(params.id);
    await sharing.revokeLink(params.id, params.link);
    return {};
  });
  rows.serve(apiRoutes.listViewers, async ({ params }) => {
    await sessions.get(params.id);
    return { viewers: viewers.list(params.id) };
  });
  rows.serve(apiRoutes.removeViewer, async ({ params }) => {
    await sessions.get(params.id);
    await sharing.removeViewer(params.id, params.viewer);
    return {};
  });
  rows.serve(apiRoutes.control, async ({ params, body, principal }) => {
    await sessions.get(params.id);
    if (!principal) throw new BrowserVmError("UNAUTHENTICATED", "the request carries no valid credentials");
    return { viewers: viewers.control(params.id, body, principal) };
  });
}
