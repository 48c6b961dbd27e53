import { hostRoutes } from "@browservm/contract";
import type { FastifyInstance } from "fastify";
import type { SigninDesk } from "../vm/signin-desk.ts";
import { sendNdjson } from "./ndjson.ts";
import { serve } from "./serve.ts";

/** What sign-ins do in VMs. */
export function serveSignins(app: FastifyInstance, desk: SigninDesk): void {
  serve(app, hostRoutes.listenForCallback, ({ params, body, reply, signal }) =>
    sendNdjson(reply, desk.listen(params.id, body, signal)),
  );
  serve(app, hostRoutes.runSigninTool, ({ params, body, reply, signal }) =>
    sendNdjson(reply, desk.runTool(params.id, body, signal)),
  );
  serve(app, hostRoutes.typeIntoTool, async ({ params, body, signal }) => {
    await desk.type(params.id, params.jobId, body.text, signal);
    return {};
  });
  serve(app, hostRoutes.signinBrowser, ({ params, signal }) => desk.browser(params.id, signal));
  serve(app, hostRoutes.captureFiles, async ({ params, body, signal }) => ({
    files: await desk.captureFiles(params.id, body, signal),
  }));
  serve(app, hostRoutes.captureBrowserState, ({ params, body, signal }) =>
    desk.captureState(params.id, body.origins, signal),
  );
  serve(app, hostRoutes.putBrowserState, ({ params, body, signal }) =>
    desk.putState(params.id, body, signal),
  );
}
