import { hostRoutes } from "@browservm/contract";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { VmFiles } from "../vm/files/vm-files.ts";
import type { VmProfiles } from "../vm/files/vm-profiles.ts";
import { serve } from "./serve.ts";

/** Files of VMs. Their bodies are streams, so they have a context of their own. */
export async function serveFiles(app: FastifyInstance, files: VmFiles, profiles: VmProfiles): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
  serve(app, hostRoutes.listVmFiles, ({ params, query, signal }) =>
    files.list(params.id, query.path, signal),
  );
  serve(app, hostRoutes.readVmFile, async ({ params, query, reply, signal }) => {
    const { size, body } = await files.read(params.id, query.path, signal);
    return reply.type("application/octet-stream").header("content-length", size).send(body);
  });
  serve(app, hostRoutes.writeVmFile, ({ params, query, request, signal }) => {
    return files.write(params.id, { ...query, size: sizeOf(request), body: request.raw }, signal);
  });
  serve(app, hostRoutes.removeVmFile, async ({ params, query, signal }) => {
    await files.remove(params.id, query.path, signal);
    return {};
  });
  serve(app, hostRoutes.readVmProfile, async ({ params, reply, signal }) => {
    const { size, body } = await profiles.read(params.id, signal);
    return reply.type("application/octet-stream").header("content-length", size).send(body);
  });
  serve(app, hostRoutes.writeVmProfile, ({ params, request, signal }) =>
    profiles.write(params.id, { size: sizeOf(request), body: request.raw }, signal),
  );
}

/** Undefined where the sender does not know. */
function sizeOf({ headers }: FastifyRequest): number | undefined {
  const announced = headers["content-length"];
  return announced === undefined ? undefined : Number(announced);
}
