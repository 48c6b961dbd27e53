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
   * Answers as soon as it is on its way; it is `ready` when its network is proven anew, or `paused` as before, with the
   * reason. Asking twice is fine while it is on its way. VM_NOT_PAUSED, SNAPSHOT_DAMAGED, SNAPSHOT_MISMATCH,
   * HOST_OUT_OF_MEMORY.
   */
  resume(id: SessionId): Promise<SessionRecord> {
    return this.#locks.run(id, async () => {
      const record = await this.#get(id);
      if (record.status !== "paused") throw notPaused(record);
      const { host, observer, metrics } = this.#deps;
      const since = performance.now();
      return inWordsOfSessions(record, async () => {
        const refused = await host.resumeVm(record.vmId).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (refused !== undefined && !isBrowserVmError(refused, "VM_NOT_PAUSED")) throw refused;
        if (refused === undefined) metrics.rested("resume", performance.now() - since);
        await observer.look(record.vmId);
        const now = await this.#get(id);
        // hostd proves its network already: somebody asked before.
        if (refused === undefined || isOnItsWay(now)) return now;
        throw notPaused(now);
      });
    });
  }

  #get(id: SessionId): Promise<SessionRecord> {
    return sessionStore.get(this.#deps.store, id);
  }
}

const isOnItsWay = ({ status, vm }: SessionRecord) => status === "paused" && vm?.state === "verifying";

const notPaused = ({ id, status }: SessionRecord) =>
  new BrowserVmError("VM_NOT_PAUSED", `session ${id} is ${status}`, { status });
