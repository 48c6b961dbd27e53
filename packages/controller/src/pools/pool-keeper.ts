import {
  HOST_SUBJECT,
  type HostInfo,
  isBrowserVmError,
  type Reason,
  toBrowserVmError,
  type Vm,
  type VmId,
} from "@browservm/contract";
import { pause } from "@browservm/sdk";
import type { Logger } from "pino";
import { Alarm } from "../alarm.ts";
import type { EventLog } from "../events/event-log.ts";
import { freshVmId } from "../host/fresh-vm-id.ts";
import type { HostClient } from "../host/host-client.ts";
import type { Store } from "../store/store.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { PoolFaults } from "./pool-faults.ts";
import { type PoolSight, type PoolStep, planPools } from "./pool-plan.ts";
import type { PoolRecord, PoolVm } from "./pool-record.ts";
import { type ImageDefaults, poolStore } from "./pool-store.ts";
import { toPool } from "./pool-view.ts";

export interface KeeperDeps {
  readonly store: Store;
  readonly events: EventLog;
  readonly host: HostClient;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** How many VMs may be made at one time. */
  readonly refills: number;
  /** Multiplies every deadline. */
  readonly timeoutScale: number;
}

/** We are rung; this finds what nobody rang for. In milliseconds. */
const SWEEP_MS = 5000;
/** So long at least between two looks at hostd, in milliseconds. */
const REST_MS = 250;
const FILL_MS = 20 * 60_000;

type Runners = {
  [Kind in PoolStep["do"]]: (step: Extract<PoolStep, { do: Kind }>) => Promise<void>;
};

/** Keeps every pool filled, in the background: what is in the database is what hostd is made to have. */
export class PoolKeeper implements AsyncDisposable {
  readonly #deps: KeeperDeps;
  readonly #closed = new AbortController();
  readonly #alarm = new Alarm(this.#closed.signal);
  readonly #busy = new Set<VmId>();
  readonly #faults = new PoolFaults();
  readonly #told = new Map<string, string>();
  readonly #runners: Runners;
  #hasLooked = false;
  #canRestore = false;
  #images: HostInfo["images"] = [];
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
    this.#runners = {
      ask: ({ pool }) => this.#ask(pool),
      askAgain: async ({ vm }) => this.#create(vm.pool, vm),
      describe: ({ seen }) => poolStore.describeVm(deps.store, seen),
      offer: ({ vm, seen }) => this.#offer(vm, seen),
      withdraw: async ({ vm }) => void (await poolStore.moveVm(deps.store, vm.vmId, "ready", "filling")),
      drain: ({ vm, fault }) => this.#drain(vm, fault),
      remove: async ({ vm }) => this.#remove(vm),
      explain: ({ pool, reason }) => poolStore.setReason(deps.store, pool.name, reason),
    };
  }

  start(): void {
    this.#loop = this.#keep();
  }

  /** Looks again soon: something was claimed, changed or told. */
  ring(): void {
    this.#alarm.ring();
  }

  /** What VMs of that image get that ask for nothing, as of the last look. */
  defaultsOf(image: string): ImageDefaults | undefined {
    return this.#images.find(({ name }) => name === image)?.defaults;
  }

  /** hostd told something about a VM that is no session's. */
  async hear(vmId: string, type: string): Promise<void> {
    if (type !== "vm.state" && type !== "gate.step") return;
    if (await poolStore.hasVm(this.#deps.store, vmId)) this.ring();
  }

  /** A pool that was changed begins anew: what failed before is no reason to wait. */
  forgive(pool: string): void {
    this.#faults.forgive(pool);
    this.ring();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#loop;
  }

  async #keep(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      await this.#pass().catch((error: unknown) => {
        // hostd being away is the follower's news; pools wait for it.
        const level = isBrowserVmError(error, "HOST_UNREACHABLE") ? "debug" : "warn";
        if (!signal.aborted) this.#deps.log[level]({ err: error }, "pools could not be looked after");
      });
      await this.#alarm.wait(SWEEP_MS);
      await pause(REST_MS, signal);
    }
  }

  async #pass(): Promise<void> {
    const sight = await this.#look();
    for (const step of sight ? planPools(sight) : []) {
      if (this.#closed.signal.aborted) return;
      const pool = "pool" in step ? step.pool.name : step.vm.pool;
      this.#deps.log.debug({ step: step.do, pool }, "a pool's step");
      // TypeScript cannot see that the runner and the step have the same kind.
      await (this.#runners[step.do] as (step: PoolStep) => Promise<void>)(step);
    }
    await this.#tell();
  }

  /** All that the plan needs; undefined when there is nothing to look after. */
  async #look(): Promise<PoolSight | undefined> {
    const { store, host, refills, timeoutScale } = this.#deps;
    await poolStore.forgetSettledClaims(store);
    const [pools, vms] = [await poolStore.list(store), await poolStore.vms(store)];
    if (pools.length === 0 && vms.length === 0) return undefined;
    const [info, hostVms] = await Promise.all([host.getHost(), host.listVms()]);
    this.#canRestore = info.snapshots.usable;
    this.#images = info.images;
    const isFirst = !this.#hasLooked;
    this.#hasLooked = true;
    const [busy, faults] = [this.#busy, this.#faults.all];
    const fillMs = FILL_MS * timeoutScale;
    return { pools, vms, host: info, hostVms, busy, faults, refills, now: Date.now(), fillMs, isFirst };
  }

  /** Written down first: whatever happens to us, the VM is known. */
  async #ask(pool: PoolRecord): Promise<void> {
    const vmId = freshVmId();
    await poolStore.addVm(this.#deps.store, pool, vmId);
    const { image, vcpus, memoryMib } = pool;
    this.#create(pool.name, { vmId, image, askedVcpus: vcpus, askedMemoryMib: memoryMib });
  }

  /** Goes on in the background: hostd may take its time to answer. */
  #create(
    pool: string,
    {
      vmId,
      image,
      askedVcpus,
      askedMemoryMib,
    }: Pick<PoolVm, "vmId" | "image" | "askedVcpus" | "askedMemoryMib">,
  ): void {
    const { store, host } = this.#deps;
    const spec = {
      id: vmId,
      image,
      // Of other sizes than the image's own hostd makes a snapshot only for who insists.
      start:
        this.#canRestore && (askedVcpus ?? askedMemoryMib) !== null
          ? ("restore" as const)
          : ("auto" as const),
      ...(askedVcpus === null ? {} : { vcpus: askedVcpus }),
      ...(askedMemoryMib === null ? {} : { memoryMib: askedMemoryMib }),
    };
    this.#inBackground(vmId, async () => {
      const answer = await host.createVm(spec).catch((error: unknown) => toBrowserVmError(error));
      if (this.#closed.signal.aborted) return;
      if (!(answer instanceof Error)) return poolStore.describeVm(store, answer);
      // Whether hostd has it or not is not known: the next look tells.
      if (answer.code === "HOST_UNREACHABLE" || answer.code === "DEADLINE_EXCEEDED") return;
      const { code, message, fix } = answer;
      this.#blame(pool, { code, message, fix });
      await poolStore.moveVm(store, vmId, "filling", "leaving");
    });
  }

  #remove({ vmId }: PoolVm): void {
    this.#inBackground(vmId, async () => {
      await this.#deps.host.removeVm(vmId).catch((error: unknown) => {
        if (!isBrowserVmError(error, "VM_NOT_FOUND")) throw error;
      });
      if (!this.#closed.signal.aborted) await poolStore.forgetVm(this.#deps.store, vmId, "leaving");
    });
  }

  async #offer(vm: PoolVm, seen: Vm): Promise<void> {
    const { store, metrics } = this.#deps;
    const ms = Math.max(0, Date.parse(seen.provenAt ?? new Date().toISOString()) - Date.parse(vm.askedAt));
    await poolStore.describeVm(store, seen);
    const isOffered = await poolStore.moveVm(store, vm.vmId, "filling", "ready");
    // It was ready before: hostd only proved it anew.
    if (!isOffered || vm.readyAt !== null) return;
    // Why it was not full holds no longer, and is taken back by the next look.
    if (this.#faults.forgive(vm.pool)) this.ring();
    metrics.refilled(vm.pool, ms);
    await poolStore.refilled(store, vm.pool, ms);
  }

  async #drain(vm: PoolVm, fault: Reason | undefined): Promise<void> {
    if (!(await poolStore.moveVm(this.#deps.store, vm.vmId, vm.state, "leaving"))) return;
    if (fault) this.#blame(vm.pool, fault);
    this.#remove(vm);
  }

  #blame(pool: string, { code, message, fix }: Reason): void {
    const waitMs = this.#faults.blame(pool, { code, message, fix });
    if (waitMs === undefined) return;
    this.#deps.log.warn({ pool, code, message, waitMs }, "a VM of a pool failed; it is replaced");
    setTimeout(() => this.ring(), waitMs + 1).unref();
  }

  #inBackground(vmId: VmId, work: () => Promise<void>): void {
    if (this.#busy.has(vmId)) return;
    this.#busy.add(vmId);
    const settle = () => this.#busy.delete(vmId);
    void work().then(
      () => {
        settle();
        this.ring();
      },
      (error: unknown) => {
        // The next sweep tries again: hostd is not asked at once for what it has just refused.
        settle();
        this.#deps.log.debug({ vmId, err: error }, "hostd did not do it for a pool");
      },
    );
  }

  /** Tells each pool whose numbers changed. */
  async #tell(): Promise<void> {
    const { store, events } = this.#deps;
    const [pools, vms] = [await poolStore.list(store), await poolStore.vms(store)];
    for (const record of pools) {
      const pool = toPool(record, vms);
      const text = JSON.stringify(pool);
      if (this.#told.get(pool.name) === text) continue;
      this.#told.set(pool.name, text);
      await events.record((_, append) =>
        append({ subject: HOST_SUBJECT, type: "pool.state", data: { ...pool } }),
      );
    }
  }
}
