import type { Duplex } from "node:stream";
import {
  type BodyInput,
  BrowserVmError,
  type hostRoutes,
  isBrowserVmError,
  type SessionId,
  type StreamService,
  type VmId,
} from "@browservm/contract";
import type { HostClient } from "../host/host-client.ts";
import type { SessionRecord } from "./session-record.ts";
import type { SessionService } from "./session-service.ts";

type Body<R extends keyof typeof hostRoutes> = BodyInput<(typeof hostRoutes)[R]>;

/** What is done in a session's VM. Each needs a `ready` session: SESSION_NOT_READY otherwise. */
export class SessionDesk {
  readonly #sessions: SessionService;
  readonly #host: HostClient;

  constructor(sessions: SessionService, host: HostClient) {
    this.#sessions = sessions;
    this.#host = host;
  }

  screenshot(id: SessionId): Promise<Uint8Array> {
    return this.#whenReady(id, (vmId) => this.#host.screenshot(vmId));
  }

  navigate(id: SessionId, url: string): Promise<void> {
    return this.#whenReady(id, (vmId) => this.#host.navigate(vmId, url));
  }

  resize(id: SessionId, size: Body<"resizeVm">) {
    return this.#whenReady(id, (vmId) => this.#host.resize(vmId, size));
  }

  authorizeKey(id: SessionId, publicKey: string) {
    return this.#whenReady(id, (vmId) => this.#host.authorizeKey(vmId, publicKey));
  }

  exec(id: SessionId, request: Body<"execInVm">, signal: AbortSignal): Promise<Response> {
    return this.#whenReady(id, (vmId) => this.#host.exec(vmId, request, signal));
  }

  openStream(id: SessionId, service: StreamService): Promise<Duplex> {
    return this.#whenReady(id, (vmId) => this.#host.openStream(vmId, service));
  }

  /** Log lines; also of a VM that is starting or has failed, for as long as hostd keeps it. */
  async logs(
    id: SessionId,
    query: Readonly<Record<string, string | number | boolean>>,
    signal: AbortSignal,
  ): Promise<Response> {
    const record = await this.#sessions.get(id);
    return inWordsOfSessions(record, () => this.#host.logs(record.vmId, query, signal));
  }

  async #whenReady<T>(id: SessionId, work: (vmId: VmId) => Promise<T>): Promise<T> {
    const record = await this.#sessions.get(id);
    if (record.status !== "ready") throw notReady(record);
    return inWordsOfSessions(record, () => work(record.vmId));
  }
}

async function inWordsOfSessions<T>(record: SessionRecord, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isBrowserVmError(error, "VM_NOT_READY")) throw notReady(record, error);
    if (isBrowserVmError(error, "VM_NOT_FOUND")) throw notReady(record, error);
    throw error;
  }
}

function notReady({ id, status, vm, reason }: SessionRecord, cause?: Error): BrowserVmError {
  const words = cause ? cause.message : `session ${id} is ${status}`;
  const details = { status, vmState: vm?.state ?? null, ...(reason ? { reason } : {}) };
  return new BrowserVmError("SESSION_NOT_READY", words, details, { cause });
}
