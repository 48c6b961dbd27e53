import {
  type Event,
  HOST_SUBJECT,
  isBrowserVmError,
  type SessionId,
  type Vm,
  type VmId,
} from "@browservm/contract";
import { pause } from "@browservm/sdk";
import type { Logger } from "pino";
import { z } from "zod";
import type { EventLog } from "../events/event-log.ts";
import type { HostClient } from "../host/host-client.ts";
import type { PoolKeeper } from "../pools/pool-keeper.ts";
import type { Store } from "../store/store.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { ProxyHandover } from "./proxy-handover.ts";
import { planReconcile, type ReconcileStep } from "./reconcile.ts";
import type { SessionObserver } from "./session-observer.ts";
import type { SessionRecord } from "./session-record.ts";
import type { SessionService } from "./session-service.ts";
import { sessionStore } from "./session-store.ts";

export interface FollowerDeps {
  readonly store: Store;
  readonly events: EventLog;
  readonly host: HostClient;
  readonly sessions: SessionService;
  readonly observer: SessionObserver;
  readonly pools: PoolKeeper;
  readonly handover: Pick<ProxyHandover, "hostBegins" | "tellDue">;
  readonly metrics: Pick<Metrics, "denied">;
  readonly log: Logger;
}

const Denied = z.object({ verdict: z.enum(["denied", "private"]), count: z.int().nonnegative() });
const MARK = "host-events";
const RETRY_MS = 2000;
/** Events drive us; this finds what no event told. In milliseconds. */
const SWEEP_MS = 5000;
/** How long an end holds up what else is to be reconciled, in milliseconds. */
const END_MS = 5000;

type Runners = {
  [Kind in ReconcileStep["do"]]: (step: Extract<ReconcileStep, { do: Kind }>) => Promise<unknown>;
};

/** Keeps sessions and hostd's VMs in agreement: hears hostd's events, and compares both sides again and again. */
export class HostFollower implements AsyncDisposable {
  readonly #deps: FollowerDeps;
  readonly #ending = new Set<SessionId>();
  readonly #closed = new AbortController();
  readonly #runners: Runners;
  #loops: Promise<unknown> = Promise.resolve();
  #isUp: boolean | undefined;

  constructor(deps: FollowerDeps) {
    this.#deps = deps;
    const { sessions, host } = deps;
    this.#runners = {
      look: ({ vmId }) => this.#look(vmId),
      launch: ({ sessionId }) => sessions.launchAgain(sessionId),
      lost: ({ sessionId }) => sessions.lost(sessionId),
      end: ({ sessionId }) => this.#end(sessionId),
      remove: ({ vmId }) => host.removeVm(vmId),
    };
  }

  start(): void {
    this.#loops = Promise.all([this.#follow(), this.#sweep()]);
  }

  /** Compares sessions with hostd's list once. HOST_UNREACHABLE. */
  async reconcile(): Promise<void> {
    const { store, host, log } = this.#deps;
    const now = new Date().toISOString();
    await this.#deps.handover.tellDue();
    // Sessions before VMs: a session that gets its VM in between must not look as if it had lost it.
    const unsettled = await sessionStore.unsettled(store);
    const vms = await host.listVms();
    const others = await this.#sessionsOf(vms, unsettled);
    for (const step of planReconcile([...unsettled, ...others], vms, now)) {
      try {
        // TypeScript cannot see that the runner and the step have the same kind.
        await (this.#runners[step.do] as (step: ReconcileStep) => Promise<unknown>)(step);
      } catch (error) {
        log.warn({ step: step.do, err: error }, "a step of reconciling failed; it is tried again");
      }
    }
  }

  /** A session that saves its profile takes its time to end; the others are not made to wait for that. */
  async #end(id: SessionId): Promise<void> {
    if (this.#ending.has(id)) return;
    const { sessions, log } = this.#deps;
    this.#ending.add(id);
    const ended = sessions.end(id).finally(() => this.#ending.delete(id));
    const isInTime = await Promise.race([ended.then(() => true), pause(END_MS, this.#closed.signal)]);
    if (isInTime !== true)
      ended.catch((error: unknown) =>
        log.warn({ sessionId: id, err: error }, "a session could not be ended yet"),
      );
  }

  async #look(vmId: VmId): Promise<void> {
    try {
      await this.#deps.observer.look(vmId);
    } catch (error) {
      // Gone since it was listed: by an end that is under way, or the next list tells that it is lost.
      if (!isBrowserVmError(error, "VM_NOT_FOUND")) throw error;
    }
  }

  /** The sessions of VMs that belong to none of `known`. */
  async #sessionsOf(vms: readonly Vm[], known: readonly SessionRecord[]): Promise<SessionRecord[]> {
    const knownVms = new Set<string>(known.map(({ vmId }) => vmId));
    const strangers = vms.filter(({ id }) => !knownVms.has(id));
    const found = await Promise.all(strangers.map(({ id }) => sessionStore.findByVm(this.#deps.store, id)));
    return found.filter((record) => record !== undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#loops;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      try {
        const after = await this.#mark();
        const onOpen = () => {
          this.#deps.handover.hostBegins();
          return this.reconcile();
        };
        for await (const event of this.#deps.host.events({ after, signal, onOpen })) await this.#hear(event);
      } catch (error) {
        this.#deps.log.error({ err: error }, "hostd's events cannot be followed; trying again");
      }
      await pause(RETRY_MS, signal);
    }
  }

  async #sweep(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      await this.reconcile().then(
        () => this.#tell(true),
        (error: unknown) => this.#tell(false, error),
      );
      await pause(SWEEP_MS, signal);
    }
  }

  /** An event of a VM becomes one of its session; event and mark are written together, so none comes twice. */
  async #hear(event: Event): Promise<void> {
    const session = await sessionStore.findByVm(this.#deps.store, vmIdOf(event));
    const subject = session?.id ?? (isAboutHost(event) ? HOST_SUBJECT : undefined);
    await this.#deps.events.record(async (trx, append) => {
      const { type, data, at } = event;
      if (subject) await append({ subject, type, data, at });
      await trx
        .insertInto("mark")
        .values({ name: MARK, value: event.seq })
        .onConflict((conflict) => conflict.column("name").doUpdateSet({ value: event.seq }))
        .execute();
    });
    const denied = event.type === "egress.denied" ? Denied.safeParse(event.data).data : undefined;
    if (denied) return this.#deps.metrics.denied(denied.verdict, denied.count);
    if (session) this.#deps.observer.refresh(session.vmId);
    else await this.#deps.pools.hear(vmIdOf(event), event.type);
  }

  async #mark(): Promise<number> {
    const row = await this.#deps.store
      .selectFrom("mark")
      .select("value")
      .where("name", "=", MARK)
      .executeTakeFirst();
    return row?.value ?? 0;
  }

  #tell(isUp: boolean, error?: unknown): void {
    if (this.#closed.signal.aborted || this.#isUp === isUp) return;
    this.#isUp = isUp;
    if (isUp) this.#deps.log.info("hostd answers");
    else this.#deps.log.warn({ err: error }, "hostd does not answer; sessions go on without us");
  }
}

/** What was repaired may be about one VM, though the whole network is its subject. */
const vmIdOf = ({ subject, data: { vmId } }: Event) => (typeof vmId === "string" ? vmId : subject);

/** Repairs are told also when their VM has no session (any more). */
const isAboutHost = ({ type, subject }: Event) => subject === HOST_SUBJECT || type === "network.repair";
