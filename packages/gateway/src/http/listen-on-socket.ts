import { chmod, mkdir, rm } from "node:fs/promises";
import type { Server } from "node:http";
import { connect } from "node:net";
import { dirname } from "node:path";
import { BrowserVmError } from "@browservm/contract";

/** Listens on a socket file of mode 0600 in a directory of mode 0700. ALREADY_RUNNING when somebody answers there. */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  if (await answers(path))
    throw new BrowserVmError("ALREADY_RUNNING", `a gateway answers on ${path}`, { path });
  const directory = dirname(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  await rm(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  await chmod(path, 0o600);
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
