import { BrowserVmError, type DoctorFixReport, type DoctorReport, hostRoutes } from "@browservm/contract";
import { type CallOptions, type DoctorTarget, RouteClient } from "@browservm/sdk";
import { SOCKET_BASE_URL, socketFetch } from "@browservm/sdk/node";

/** Who looks: the controller (the SDK's client is one), or hostd itself. */
export interface Doctor {
  examine(target: DoctorTarget, options?: CallOptions): Promise<DoctorReport>;
  fix(request: DoctorTarget & { readonly apply: boolean }, options?: CallOptions): Promise<DoctorFixReport>;
}

/** 250 VMs with dead paths take their time. In milliseconds. */
const SLOW_CALL_MS = 150_000;

/** hostd's own doctor, for root while the controller is down. Knows VMs and no sessions: NOT_RUNNING. */
export function hostdDoctor(socketPath: string): Doctor & AsyncDisposable {
  const socket = socketFetch(socketPath);
  const client = new RouteClient({
    fetch: socket.fetch,
    baseUrl: SOCKET_BASE_URL,
    unreachable: "HOST_UNREACHABLE",
    retries: 0,
  });
  return {
    examine: async (target, options) =>
      client.call(hostRoutes.examine, { body: vmOf(target) }, { timeoutMs: SLOW_CALL_MS, ...options }),
    fix: async ({ apply, ...target }, options) =>
      client.call(
        hostRoutes.fix,
        { body: { ...vmOf(target), apply } },
        { timeoutMs: SLOW_CALL_MS, ...options },
      ),
    [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose](),
  };
}

function vmOf({ sessionId, vmId }: DoctorTarget): { vmId?: string } {
  if (sessionId !== undefined)
    throw new BrowserVmError(
      "NOT_RUNNING",
      `the controller is down, and only it knows the VM of ${sessionId}: name the VM, or look at the whole host`,
      { sessionId },
    );
  return vmId === undefined ? {} : { vmId };
}
