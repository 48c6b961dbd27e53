import { apiRoutes } from "@browservm/contract";
import { askerOf } from "../../audit/asker.ts";
import { projectFor } from "../../auth/project-wall.ts";
import type { Parts } from "../parts.ts";
import type { RowServer } from "../serve.ts";

/** Named browser profiles: found, saved from sessions, renamed, deleted. Sessions load them when they begin. */
export function serveProfiles(rows: RowServer, { profiles, sessionProfiles, activity, wall }: Parts): void {
  rows.serve(apiRoutes.listProfiles, async ({ query, principal }) => {
    await wall.mustReach(principal, [query.cursor]);
    return profiles.list({ ...query, project: projectFor(principal, query.project) });
  });
  rows.serve(apiRoutes.getProfile, ({ params }) => profiles.get(params.id));
  rows.serve(apiRoutes.renameProfile, ({ params, body, principal, request }) =>
    profiles.rename(params.id, body.name, askerOf(principal, request.id)),
  );
  rows.serve(apiRoutes.removeProfile, async ({ params, principal, request }) => {
    await profiles.remove(params.id, askerOf(principal, request.id));
    return {};
  });
  rows.serve(apiRoutes.saveProfile, async ({ params, body, principal, request }) => {
    using _held = activity.hold(params.id);
    return await sessionProfiles.save(params.id, body, askerOf(principal, request.id));
  });
}
