import {
  BrowserVmError,
  type EgressPolicy,
  type ErrorCode,
  isBrowserVmError,
  type Vm,
} from "@browservm/contract";
import type { EventLog } from "../events/event-log.ts";
import { freshVmId } from "../host/fresh-vm-id.ts";
import type { HostClient } from "../host/host-client.ts";
import type { PoolKeeper } from "../pools/pool-keeper.ts";
import type { PoolVmState } from "../pools/pool-record.ts";
import { poolStore } from "../pools/pool-store.ts";
import type { Store } from "../store/store.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { inWordsOfSessions, notReady } from "./not-ready.ts";
import type { ProxyHandover } from "./proxy-handover.ts";
import type { SessionObserver } from "./session-observer.ts";
import { awaitsClaim, type SessionRecord } from "./session-record.ts";
import { sessionStore } from "./session-store.ts";
import { displayOf } from "./session-view.ts";
import type { SessionWriter } from "./session-writer.ts";

export interface LauncherDeps {
  readonly store: Store;
  readonly events: EventLog;
  readonly writer: SessionWriter;
  readonly observer: SessionObserver;
  readonly host: HostClient;
  readonly pools: PoolKeeper;
  readonly metrics: Metrics;
  readonly handover: Pick<ProxyHandover, "tell">;
}

/** Gets sessions their VM: one of a pool, a fork of another session's, or one of their own. */
export class SessionLauncher {
  readonly #deps: LauncherDeps;

  constructor(deps: LauncherDeps) {
    this.#deps = deps;
  }

  /** Chooses a ready VM for a session that is about to be written, in the same transaction. */
  async choose(trx: Store, draft: SessionRecord): Promise<SessionRecord> {
    if (!mayBeFromPool(draft)) return draft;
    const taken = await poolStore.take(trx, draft.request);
    if (taken) {
      const { egress, ...vm } = taken;
      return { ...withEgress(draft, egress), ...vm };
    }
    const defaults = this.#deps.pools.defaultsOf(draft.request.image);
    // Whether a VM was ready is no reason to go elsewhere.
    return withEgress(draft, await poolStore.miss(trx, draft.request, defaults));
  }

  /** Asks hostd for the session's VM; a VM of a pool that is not fit gives way to the next one, at last to one of its own. */
  async launch(draft: SessionRecord): Promise<void> {
    const { observer, pools } = this.#deps;
    let record = draft;
    while (awaitsClaim(record)) {
      const claimed = await this.#claim(record);
      pools.ring();
      if (!(claimed instanceof Error)) return observer.adopt(claimed);
      record = await this.#next(record, isBrowserVmError(claimed, "VM_NOT_READY") ? "filling" : "leaving");
    }
    await observer.adopt(await this.#request(record));
  }

  /** The session comes to nothing: the VM that was chosen for it leaves, or stays ready where hostd never gave it away. */
  async giveUp(trx: Store, record: SessionRecord, { isUntouched }: { isUntouched: boolean }): Promise<void> {
    if (awaitsClaim(record))
      await poolStore.moveVm(trx, record.vmId, "claimed", isUntouched ? "ready" : "leaving");
  }

  /** The claimed VM, or why another one must be tried; what is no fault of the VM is thrown. */
  async #claim(record: SessionRecord): Promise<Vm | BrowserVmError> {
    const { host, handover } = this.#deps;
    const { id, vmId, request } = record;
    try {
      await handover.tell(request.egress);
      const vm = await host.claimVm(vmId, {
        claim: id,
        display: displayOf(request),
        ...(request.environment === undefined ? {} : { environment: request.environment }),
        ...(request.egress === undefined ? {} : { egress: request.egress }),
      });
      await this.#confirm(record);
      return vm;
    } catch (error) {
      if (error instanceof BrowserVmError && SPEAKS_OF_THIS_VM.has(error.code)) return error;
      throw error;
    }
  }

  /** hostd has handed the VM out: from now on it is the session's. */
  async #confirm({ id, vmId, pool, createdAt }: SessionRecord): Promise<void> {
    const { writer, metrics } = this.#deps;
    if (pool === null) return;
    const ms = Date.now() - Date.parse(createdAt);
    await writer.change(id, {
      next: (record) => ({ ...record, isClaimed: true }),
      events: () => [{ type: "session.claimed", data: { pool, ms } }],
      also: async (trx) => {
        await poolStore.forgetVm(trx, vmId, "claimed");
        await poolStore.hit(trx, pool, ms);
      },
    });
    metrics.claimed(pool, ms);
  }

  /** Puts the VM away and chooses again, in one transaction. SESSION_NOT_READY when the session was ended meanwhile. */
  #next(before: SessionRecord, fate: PoolVmState): Promise<SessionRecord> {
    return this.#deps.events.record(async (trx) => {
      await poolStore.moveVm(trx, before.vmId, "claimed", fate);
      const record = await sessionStore.get(trx, before.id);
      if (record.status !== "pending") throw notReady(record);
      const next = await this.choose(trx, { ...record, vmId: freshVmId(), pool: null });
      await sessionStore.update(trx, next);
      return next;
    });
  }

  async #request(record: SessionRecord): Promise<Vm> {
    const { host, store, handover } = this.#deps;
    const { vmId, request, forkOf } = record;
    const { image, vcpus, memoryMib, environment, keepFailed, start, egress } = request;
    await handover.tell(egress);
    if (forkOf !== null) {
      const source = await sessionStore.get(store, forkOf);
      const body = { id: vmId, ...(keepFailed === undefined ? {} : { keepFailed }) };
      return inWordsOfSessions(source, () => host.forkVm(source.vmId, body));
    }
    return host.createVm({
      id: vmId,
      image,
      display: displayOf(request),
      ...(vcpus === undefined ? {} : { vcpus }),
      ...(memoryMib === undefined ? {} : { memoryMib }),
      ...(environment === undefined ? {} : { environment }),
      ...(keepFailed === undefined ? {} : { keepFailed }),
      ...(start === undefined ? {} : { start }),
      ...(egress === undefined ? {} : { egress }),
    });
  }
}

/** Of a pool, for sessions that say nothing themselves. */
const withEgress = (draft: SessionRecord, egress: EgressPolicy | null): SessionRecord =>
  egress ? { ...draft, request: { egress, ...draft.request } } : draft;

/** Only these mean that another VM may do; whatever else goes wrong would use a whole pool up, one VM after the other. */
const SPEAKS_OF_THIS_VM: ReadonlySet<string> = new Set<ErrorCode>([
  "VM_NOT_FOUND",
  "VM_NOT_READY",
  "VM_CLAIMED",
  "VM_UNFIT",
]);

/** A VM of a pool may have been booted or restored, so who asks for one of both gets a VM of its own. */
const mayBeFromPool = ({ request, forkOf }: SessionRecord) =>
  forkOf === null && request.pool !== false && (request.start ?? "auto") === "auto";
