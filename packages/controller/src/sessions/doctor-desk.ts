import {
  BrowserVmError,
  type DoctorFixReport,
  type DoctorReport,
  type HostPicture,
  isBrowserVmError,
  type SessionId,
  type VmId,
} from "@browservm/contract";
import { withLive } from "../doctor/judge-live.ts";
import type { LiveSight } from "../doctor/sight.ts";
import type { GatewayClient } from "../host/gateway-client.ts";
import type { HostClient } from "../host/host-client.ts";
import type { Store } from "../store/store.ts";
import type { SessionRecord } from "./session-record.ts";
import type { SessionService } from "./session-service.ts";
import { sessionStore } from "./session-store.ts";

/** What is looked at; neither: the whole host. */
export interface DoctorTarget {
  readonly sessionId?: SessionId | undefined;
  readonly vmId?: VmId | undefined;
}

/**
 * hostd's doctor in the words of sessions, with what the gateway knows of their pictures. SESSION_NOT_READY: there is no VM yet; SESSION_OVER: there is none any more,
 * only perhaps what was kept of it.
 */
export class DoctorDesk {
  readonly #store: Store;
  readonly #sessions: SessionService;
  readonly #host: HostClient;
  readonly #gateway: GatewayClient;
  readonly #gatewayLog: string;

  constructor(deps: {
    store: Store;
    sessions: SessionService;
    host: HostClient;
    gateway: GatewayClient;
    gatewayLog: string;
  }) {
    this.#gatewayLog = deps.gatewayLog;
    this.#gateway = deps.gateway;
    this.#store = deps.store;
    this.#sessions = deps.sessions;
    this.#host = deps.host;
  }

  examine(target: DoctorTarget): Promise<DoctorReport> {
    return this.#ofTarget(target, async (vmId) => {
      const [report, sight] = await Promise.all([this.#host.examine(vmId), this.#look(target)]);
      return sight ? withLive(report, sight) : report;
    });
  }

  /** Nothing of the live view is repaired by hostd: its findings are told before and after. */
  fix(target: DoctorTarget, apply: boolean): Promise<DoctorFixReport> {
    return this.#ofTarget(target, async (vmId) => {
      const sight = await this.#look(target);
      const told = await this.#host.fix(vmId ? { vmId, apply } : { apply });
      if (!sight) return told;
      const after = told.after && withLive(told.after, (await this.#look(target)) ?? sight);
      return { ...told, before: withLive(told.before, sight), ...(after ? { after } : {}) };
    });
  }

  /** hostd's picture, with the session of each VM that has one. */
  async picture(): Promise<HostPicture> {
    const picture = await this.#host.networkPicture();
    const vmIds = [...picture.ports, ...picture.unplugged, ...picture.repairs].flatMap(
      ({ vmId }) => vmId ?? [],
    );
    const sessions = await sessionStore.idsByVm(this.#store, [...new Set(vmIds)]);
    const named = <T extends { vmId?: VmId | undefined }>(thing: T) => {
      const sessionId = thing.vmId && sessions.get(thing.vmId);
      return sessionId ? { ...thing, sessionId } : thing;
    };
    return {
      ...picture,
      ports: picture.ports.map(named),
      unplugged: picture.unplugged.map(named),
      repairs: picture.repairs.map(named),
    };
  }

  /** A tar; also of a session that has ended, for as long as hostd keeps it. EVIDENCE_NOT_FOUND. */
  async evidence(id: SessionId): Promise<Uint8Array> {
    const { vmId, status } = await this.#sessions.get(id);
    try {
      return await this.#host.vmEvidence(vmId);
    } catch (error) {
      if (!isBrowserVmError(error, "VM_NOT_FOUND")) throw error;
      throw new BrowserVmError(
        "EVIDENCE_NOT_FOUND",
        `session ${id} is ${status}, and nothing is kept of its VM`,
        { status },
        { cause: error },
      );
    }
  }

  /** What the gateway tells; undefined for a VM that is looked at as such, without its session. */
  async #look({ sessionId, vmId }: DoctorTarget): Promise<LiveSight | undefined> {
    if (sessionId === undefined && vmId !== undefined) return undefined;
    try {
      if (sessionId !== undefined) return { gateway: { report: await this.#gateway.report(sessionId) } };
      return { gateway: { report: { rtc: await this.#gateway.rtcReport(), source: null, viewers: [] } } };
    } catch (error) {
      const down = error instanceof Error ? error.message : String(error);
      return { gateway: { down, log: this.#gatewayLog } };
    }
  }

  async #ofTarget<T>({ sessionId, vmId }: DoctorTarget, work: (vmId?: VmId) => Promise<T>): Promise<T> {
    if (sessionId === undefined) return work(vmId);
    const record = await this.#sessions.get(sessionId);
    if (record.status === "ended") throw withoutVm(record);
    try {
      return await work(record.vmId);
    } catch (error) {
      if (isBrowserVmError(error, "VM_NOT_FOUND")) throw withoutVm(record, error);
      throw error;
    }
  }
}

function withoutVm({ id, status, reason }: SessionRecord, cause?: Error): BrowserVmError {
  const code = status === "pending" ? "SESSION_NOT_READY" : "SESSION_OVER";
  const words = `session ${id} is ${status}: there is no VM to look at`;
  return new BrowserVmError(code, words, { status, ...(reason ? { reason } : {}) }, { cause });
}
