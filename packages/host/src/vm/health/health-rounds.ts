import { setTimeout as sleep } from "node:timers/promises";
import type { DoctorReport, VmHealth, VmId } from "@browservm/contract";
import { Semaphore } from "async-mutex";
import type { Logger } from "pino";

const TICK_MS = 500;
/** Proofs that run at one time; the others wait. */
const AT_ONCE = 8;
/** After the network was looked at and mended, a guest may need this to be found again. */
const SETTLE_MS = 1000;

/** A VM that is ready, as the rounds see it. */
export interface Provable {
  readonly vmId: VmId;
  readonly health: VmHealth | undefined;
  /** Fails with why its path is not well. */
  prove(): Promise<void>;
  tell(health: VmHealth): void;
}

export interface RoundsParts {
  /** Those that are ready now. */
  readonly ready: () => readonly Provable[];
  /** Milliseconds between two proofs of one VM. */
  readonly everyMs: number;
  /** Looks at the network and mends it. */
  readonly mend: () => Promise<void>;
  readonly examine: (vmId: VmId) => Promise<DoctorReport>;
  readonly log: Logger;
  /** Milliseconds since the epoch; tests bring their own. */
  readonly now?: () => number;
  readonly settleMs?: number;
}

/** Proves every ready VM again and again, evenly spread; what fails twice is explained by the doctor. */
export class HealthRounds implements Disposable {
  readonly #parts: RoundsParts;
  readonly #now: () => number;
  readonly #due = new Map<VmId, number>();
  readonly #atOnce = new Semaphore(AT_ONCE);
  #ticking: NodeJS.Timeout | undefined;

  constructor(parts: RoundsParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
  }

  start(): void {
    this.#ticking = setInterval(() => void this.tick(), TICK_MS);
    this.#ticking.unref();
  }

  /** Proves those whose time has come; settles when they are proven. */
  async tick(): Promise<void> {
    const ready = this.#parts.ready();
    const ids = new Set(ready.map(({ vmId }) => vmId));
    for (const vmId of this.#due.keys()) if (!ids.has(vmId)) this.#due.delete(vmId);
    const now = this.#now();
    const due = ready.filter(({ vmId }) => this.#isDue(vmId, now));
    // Until it is proven it is not due again.
    for (const { vmId } of due) this.#due.set(vmId, Number.POSITIVE_INFINITY);
    await Promise.all(due.map((vm) => this.#atOnce.runExclusive(() => this.#proveOne(vm))));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#ticking);
  }

  /** A VM that is seen for the first time comes at any moment of the period, so that VMs made together are spread. */
  #isDue(vmId: VmId, now: number): boolean {
    const due = this.#due.get(vmId);
    if (due === undefined) this.#due.set(vmId, now + Math.random() * this.#parts.everyMs);
    return due !== undefined && due <= now;
  }

  async #proveOne(vm: Provable): Promise<void> {
    try {
      const health = await this.#healthOf(vm);
      if (health) vm.tell(health);
    } catch (error) {
      this.#parts.log.warn({ vmId: vm.vmId, err: error }, "a VM's health could not be told");
    } finally {
      if (this.#due.has(vm.vmId)) this.#due.set(vm.vmId, this.#now() + this.#parts.everyMs);
    }
  }

  async #healthOf(vm: Provable): Promise<VmHealth | undefined> {
    const { mend, examine, settleMs = SETTLE_MS } = this.#parts;
    if (await this.#holds(vm)) return this.#healthy();
    await mend();
    if (await this.#holds(vm)) return this.#healthy();
    await sleep(settleMs);
    if (await this.#holds(vm)) return this.#healthy();
    // It may have ended meanwhile; then its state says more than its health.
    if (!this.#parts.ready().some(({ vmId }) => vmId === vm.vmId)) return undefined;
    const { verdict, rootCauses, at } = await examine(vm.vmId);
    return { at, verdict, codes: rootCauses };
  }

  async #holds(vm: Provable): Promise<boolean> {
    return vm.prove().then(
      () => true,
      (error) => {
        this.#parts.log.debug({ vmId: vm.vmId, err: error }, "a proof failed");
        return false;
      },
    );
  }

  #healthy(): VmHealth {
    return { at: new Date(this.#now()).toISOString(), verdict: "healthy", codes: [] };
  }
}
