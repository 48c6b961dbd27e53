import { rm } from "node:fs/promises";
import { join } from "node:path";
import { BrowserVmError } from "@browservm/contract";
import { notesPath } from "./vmm-notes.ts";

/** sun_path holds 108 bytes with its NUL (linux/un.h). */
const MAX_SOCKET_PATH_BYTES = 107;

export const controlSocketOf = (runDir: string): string => join(runDir, "ctl.sock");
export const fakeOrdersOf = (runDir: string): string => join(runDir, "orders.json");
export const fakeChangesOf = (runDir: string): string => join(runDir, "changes.json");
/** A link to the root directory of the VMM's jail, so that paths of sockets in it stay short. */
export const jailLinkOf = (runDir: string): string => join(runDir, "jail");
/** What the launcher of a container is told, and where its runtime keeps its own state. */
export const containerOrdersOf = (runDir: string): string => join(runDir, "container.json");
export const runtimeStateOf = (runDir: string): string => join(runDir, "crun");
export const monitorSocketOf = (runDir: string): string => join(runDir, "qmp.sock");

/** BAD_CONFIG when the kernel could not bind this unix socket. */
export function requireShortPath(socket: string): void {
  const bytes = Buffer.byteLength(socket);
  if (bytes > MAX_SOCKET_PATH_BYTES) {
    throw new BrowserVmError(
      "BAD_CONFIG",
      `runDir is too long: ${socket} has ${bytes} bytes, a socket's path may have 107`,
      {
        path: socket,
      },
    );
  }
}

/** Removes sockets that an earlier VMM left; a server cannot bind over them. */
export async function clearSockets(runDir: string): Promise<void> {
  for (const path of [controlSocketOf(runDir), monitorSocketOf(runDir)]) await rm(path, { force: true });
}

/** Removes what a VMM leaves in its run directory: after dropping its privileges it cannot do so itself. */
export async function clearRunDir(runDir: string): Promise<void> {
  await clearSockets(runDir);
  for (const path of [fakeOrdersOf(runDir), fakeChangesOf(runDir), jailLinkOf(runDir), notesPath(runDir)])
    await rm(path, { force: true });
  for (const path of [containerOrdersOf(runDir), runtimeStateOf(runDir)])
    await rm(path, { recursive: true, force: true });
}
