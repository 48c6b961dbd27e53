import { chmodSync, chownSync, mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { refuseIfAnswered } from "@browservm/daemon";
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import type { Logger } from "pino";
import type { VmFiles } from "../vm/files/vm-files.ts";
import type { VmProfiles } from "../vm/files/vm-profiles.ts";
import { serveClipboard } from "./clipboard.ts";
import { serveFiles } from "./files.ts";
import { type HostParts, serveHost } from "./routes.ts";
import { serveProblems } from "./serve.ts";
import { serveStreams } from "./streams.ts";

const BODY_LIMIT_BYTES = 4 * 1024 * 1024;

/** What carries bytes of guests. */
export interface StreamParts {
  readonly files: VmFiles;
  readonly profiles: VmProfiles;
}

/** hostd's API as a server that does not listen yet. */
export function makeHostServer(parts: HostParts & StreamParts, log: Logger): FastifyInstance {
  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    bodyLimit: BODY_LIMIT_BYTES,
    // Who listens to events never hangs up by itself, and must not keep us from ending.
    forceCloseConnections: true,
    logController: new LogController({ disableRequestLogging: true }),
  });
  serveProblems(app);
  serveHost(app, parts);
  void app.register(async (context) => {
    await serveFiles(context, parts.files, parts.profiles);
    serveClipboard(context, parts.desk);
  });
  serveStreams(app, parts.vms);
  return app;
}

/** Listens on `path`: 0660, root and `gid` (the controller's group; root alone when there is none). ALREADY_RUNNING. */
export async function listenOnSocket(
  app: FastifyInstance,
  path: string,
  gid: number | undefined,
): Promise<void> {
  await refuseIfAnswered(path, "a hostd");
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  rmSync(path, { force: true });
  await app.listen({ path });
  chownSync(path, 0, gid ?? 0);
  chmodSync(path, 0o660);
}
