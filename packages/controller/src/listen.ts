import { BrowserVmError } from "@browservm/contract";
import { listenPrivately } from "@browservm/daemon";
import type { FastifyInstance } from "fastify";

/** Listens on `host:port` (port 0 = any). Answers what it is. PORT_TAKEN. */
export async function listenOnTcp(app: FastifyInstance, listen: string): Promise<string> {
  const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(listen) ?? [];
  try {
    await app.listen({ host: host.replace(/^\[|\]$/g, ""), port: Number(port) });
  } catch (error) {
    throw inOurWords(error, listen);
  }
  const address = app.server.address();
  return typeof address === "object" && address !== null ? `${host}:${address.port}` : listen;
}

/** ALREADY_RUNNING. */
export const listenOnSocket = (app: FastifyInstance, path: string): Promise<void> =>
  listenPrivately({ path, who: "a controller", listen: () => app.listen({ path }) });

function inOurWords(error: unknown, listen: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") {
    return new BrowserVmError(
      "PORT_TAKEN",
      `another program listens on ${listen}`,
      { listen },
      { cause: error },
    );
  }
  if (code === "EACCES" || code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return new BrowserVmError(
      "BAD_CONFIG",
      `\`listen\`: ${listen} cannot be listened on (${code})`,
      { key: "listen" },
      { cause: error },
    );
  }
  return error;
}
