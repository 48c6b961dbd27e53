import { chmod, mkdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import { BrowserVmError } from "@browservm/contract";

export interface PrivateSocket {
  readonly path: string;
  /** Who would answer there, e.g. "a controller". */
  readonly who: string;
  readonly listen: (path: string) => Promise<unknown>;
}

/** Listens on a socket file of mode 0600 in a directory of mode 0700. ALREADY_RUNNING when somebody answers there. */
export async function listenPrivately({ path, who, listen }: PrivateSocket): Promise<void> {
  await refuseIfAnswered(path, who);
  const directory = dirname(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  await rm(path, { force: true });
  await listen(path);
  await chmod(path, 0o600);
}

/** ALREADY_RUNNING. A file that nobody listens behind is a dead process's. */
export async function refuseIfAnswered(path: string, who: string): Promise<void> {
  if (await answers(path)) throw new BrowserVmError("ALREADY_RUNNING", `${who} answers on ${path}`, { path });
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
