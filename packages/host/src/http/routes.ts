import { type HostInfo, hostRoutes } from "@browservm/contract";
import type { FastifyInstance } from "fastify";
import type { Doctor } from "../doctor/doctor.ts";
import type { EventLog } from "../events/event-log.ts";
import type { EgressDesk } from "../net/egress/egress-desk.ts";
import type { RepairDesk } from "../net/watch/repair-desk.ts";
import type { Golden } from "../vm/golden/golden.ts";
import type { SigninDesk } from "../vm/signin-desk.ts";
import type { VmDesk } from "../vm/vm-desk.ts";
import type { VmService } from "../vm/vm-service.ts";
import { sendNdjson } from "./ndjson.ts";
import { serve } from "./serve.ts";
import { serveSignins } from "./signin.ts";
import { sendEvents } from "./sse.ts";

export interface HostParts {
  readonly vms: VmService;
  readonly desk: VmDesk;
  readonly signins: SigninDesk;
  readonly golden: Golden;
  readonly events: EventLog;
  readonly doctor: Pick<Doctor, "examine">;
  readonly repairDesk: RepairDesk;
  readonly egress: Pick<EgressDesk, "report" | "proxies">;
  readonly describeHost: () => Promise<HostInfo>;
}

/** hostd's API, row by row. */
export function serveHost(
  app: FastifyInstance,
  { vms, desk, signins, golden, events, doctor, repairDesk, egress, describeHost }: HostParts,
): void {
  serve(app, hostRoutes.getHost, () => describeHost());
  serve(app, hostRoutes.listVms, async () => ({ data: vms.list() }));
  serve(app, hostRoutes.createVm, ({ body }) => vms.create(body));
  serve(app, hostRoutes.getVm, async ({ params }) => vms.get(params.id));
  serve(app, hostRoutes.removeVm, async ({ params, query }) => {
    await vms.remove(params.id, query.graceMs);
    return {};
  });
  serve(app, hostRoutes.claimVm, ({ params, body }) => vms.claim(params.id, body));
  serve(app, hostRoutes.vmEgress, async ({ params }) => {
    vms.mustExist(params.id);
    return egress.report(params.id);
  });
  serve(app, hostRoutes.setVmEgress, async ({ params, body }) => {
    await vms.setEgress(params.id, body.policy ?? undefined);
    return egress.report(params.id);
  });
  serve(app, hostRoutes.putProxyCredentials, async ({ params, body }) => {
    egress.proxies.putCredentials(params.id, body);
    return {};
  });
  serve(app, hostRoutes.pauseVm, ({ params }) => vms.pause(params.id));
  serve(app, hostRoutes.resumeVm, ({ params }) => vms.wake(params.id));
  serve(app, hostRoutes.forkVm, ({ params, body }) => vms.fork(params.id, body));
  serve(app, hostRoutes.execInVm, ({ params, body, reply, signal }) =>
    sendNdjson(reply, desk.exec(params.id, body, signal)),
  );
  serve(app, hostRoutes.vmLogs, ({ params, query, reply, signal }) =>
    sendNdjson(reply, desk.logs(params.id, query, signal)),
  );
  serve(app, hostRoutes.vmScreenshot, async ({ params, reply, signal }) => {
    reply.type("image/png");
    return desk.screenshot(params.id, signal);
  });
  serve(app, hostRoutes.navigateVm, async ({ params, body, signal }) => {
    await desk.navigate(params.id, body.url, signal);
    return {};
  });
  serve(app, hostRoutes.resizeVm, ({ params, body, signal }) => desk.resize(params.id, body, signal));
  serve(app, hostRoutes.authorizeKey, ({ params, body, signal }) =>
    desk.authorizeKey(params.id, body.publicKey, signal),
  );
  serve(app, hostRoutes.putSecrets, async ({ params, body, signal }) => {
    await desk.putSecrets(params.id, body.files, signal);
    return {};
  });
  serveSignins(app, signins);
  serve(app, hostRoutes.listSnapshots, async () => ({ data: await golden.list() }));
  serve(app, hostRoutes.makeSnapshot, ({ body }) => golden.make(body));
  serve(app, hostRoutes.removeSnapshot, async ({ params }) => {
    await golden.remove(params.id);
    return {};
  });
  serve(app, hostRoutes.examine, ({ body, signal }) => doctor.examine(body, signal));
  serve(app, hostRoutes.fix, ({ body }) => repairDesk.fix(body));
  serve(app, hostRoutes.networkPicture, () => repairDesk.picture());
  serve(app, hostRoutes.vmEvidence, async ({ params, reply }) => {
    reply.type("application/x-tar");
    return vms.evidence(params.id);
  });
  serve(app, hostRoutes.hostEvents, async ({ query, request, reply }) => {
    const resumed = Number(request.headers["last-event-id"]);
    sendEvents(reply, events, query.after ?? (Number.isSafeInteger(resumed) ? resumed : events.latest()));
  });
}
