import { BrowserVmError, isBrowserVmError, type SessionId } from "@browservm/contract";
import type { HostClient } from "../host/host-client.ts";
import type { Store } from "../store/store.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { KeyedLock } from "./keyed-lock.ts";
import { inWordsOfSessions, notReady } from "./not-ready.ts";
import type { SessionObserver } from "./session-observer.ts";
import type { SessionRecord } from "./session-record.ts";
import { sessionStore } from "./session-store.ts";

export interface RestDeps {
  readonly store: Store;
  readonly host: HostClient;
  readonly observer: SessionObserver;
  readonly metrics: Metrics;
}

/** Sessions that rest on disk, and that go on. Ending one waits for neither. */
export class SessionRest {
  readonly #deps: RestDeps;
  readonly #locks = new KeyedLock();

  constructor(deps: RestDeps) {
    this.#deps = deps;
  }

  /** Answers when it is paused; pausing a paused one is fine. SESSION_NOT_READY, SNAPSHOT_UNSUPPORTED, DISK_FULL. */
  pause(id: SessionId): Promise<SessionRecord> {
    return this.#locks.run(id, async () => {
      const record = await this.#get(id);
      if (record.status === "paused" && record.vm?.state === "paused") return record;
      if (record.status !== "ready" && record.status !== "paused") throw notReady(record);
      const { host, observer, metrics } = this.#deps;
      const since = performance.now();
      await inWordsOfSessions(record, async () => {
        await host.pauseVm(record.vmId);
        metrics.rested("pause", performance.now() - since);
        await observer.look(record.vmId);
      });
      return this.#get(id);
    });
  }

  /**
   * Answers as soon as it is on its way; it is `ready` when its network is proven anew. Asking twice is fine while it is
   * on its way. VM_NOT_PAUSED, SNAPSHOT_DAMAGED, SNAPSHOT_MISMATCH, HOST_OUT_OF_MEMORY.
   */
  resume(id: SessionId): Promise<SessionRecord> {
    return this.#locks.run(id, async () => {
      const record = await this.#get(id);
      if (record.status !== "paused") throw notPaused(record);
      if (isOnItsWay(record)) return record;
      const { host, observer, metrics } = this.#deps;
      const since = performance.now();
      try {
        await host.resumeVm(record.vmId);
        await observer.look(record.vmId);
      } catch (error) {
        if (!isBrowserVmError(error, "VM_NOT_FOUND")) throw error;
        throw notPaused(record, error);
      }
      metrics.rested("resume", performance.now() - since);
      return this.#get(id);
    });
  }

  #get(id: SessionId): Promise<SessionRecord> {
    return sessionStore.get(this.#deps.store, id);
  }
}

const isOnItsWay = ({ vm }: SessionRecord) => vm?.state === "resuming" || vm?.state === "verifying";

function notPaused({ id, status }: SessionRecord, cause?: Error): BrowserVmError {
  return new BrowserVmError("VM_NOT_PAUSED", `session ${id} is ${status}`, { status }, { cause });
}
