import { type Config, hostRoutes, type Progress, paths, type Vm } from "@browservm/contract";
import { RouteClient } from "@browservm/sdk";
import { connectToSocket, SOCKET_BASE_URL, socketFetch } from "@browservm/sdk/node";
import { allSessions } from "../sessions/all-sessions.ts";

const END_MS = 60_000;

/** Ends every session by the controller, so that its users see why. What fails is left to `removeVms`. */
export async function endAllSessions(progress: Progress, config: Config): Promise<void> {
  await using client = connectToSocket(paths(config).controllerSocket, { retries: 0 });
  const sessions = await allSessions(client).catch(() => []); // no controller: hostd knows the VMs
  if (sessions.length > 0) progress.step(`ending ${sessions.length} session(s)`);
  const options = { timeoutMs: END_MS, signal: progress.signal };
  await Promise.allSettled(sessions.map(({ id }) => client.sessions.end(id, options)));
}

/** Removes every VM of this machine by hostd; throws the first failure after all were tried. */
export async function removeVms(progress: Progress, config: Config): Promise<number> {
  const socket = socketFetch(paths(config).hostSocket);
  try {
    const client = new RouteClient({
      fetch: socket.fetch,
      baseUrl: SOCKET_BASE_URL,
      unreachable: "HOST_UNREACHABLE",
      retries: 0,
    });
    const { data } = await client.call(hostRoutes.listVms, {});
    if (data.length > 0) progress.step(`removing ${data.length} VM(s)`);
    const results = await Promise.allSettled(data.map((vm) => removeVm(client, vm, progress.signal)));
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
    return data.length;
  } finally {
    await socket[Symbol.asyncDispose]();
  }
}

function removeVm(client: RouteClient, { id }: Vm, signal: AbortSignal): Promise<unknown> {
  return client.call(hostRoutes.removeVm, { params: { id } }, { timeoutMs: END_MS, signal });
}
