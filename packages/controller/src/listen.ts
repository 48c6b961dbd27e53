import { chmod, mkdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import { BrowserVmError } from "@browservm/contract";
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

/** Listens on a socket file of mode 0600 in a directory of mode 0700. ALREADY_RUNNING when somebody answers there. */
export async function listenOnSocket(app: FastifyInstance, path: string): Promise<void> {
  if (await answers(path)) {
    throw new BrowserVmError("ALREADY_RUNNING", `a controller answers on ${path}`, { path });
  }
  const directory = dirname(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  await rm(path, { force: true });
  await app.listen({ path });
  await chmod(path, 0o600);
}

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

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (isAnswered: boolean) => {
      socket.destroy();
      resolve(isAnswered);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false)); // no file, or nobody behind it
  });
}
