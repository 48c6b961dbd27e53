import {
  type EgressPolicy,
  type Event,
  type GateReport,
  type GateStep,
  type LaunchStep,
  type PausedVm,
  type Reason,
  type TakenIdentity,
  VM_TRANSITIONS,
  type Vm,
  type VmAddress,
  type VmHealth,
  type VmOrigin,
  type VmState,
} from "@browservm/contract";
import type { EventLog } from "../events/event-log.ts";
import { isolationOf, type VmmRecord } from "../vmm/vmm.ts";
import type { VmRecord, VmStore } from "./vm-store.ts";

/** The newest are kept of a VM that is paused and resumed for ever. */
const MOST_STEPS = 64;

/** One VM's record: every change is written down and told as an event, in one place. */
export class VmFile {
  readonly #store: VmStore;
  readonly #events: EventLog;
  #record: VmRecord;

  constructor(record: VmRecord, store: VmStore, events: EventLog) {
    this.#record = record;
    this.#store = store;
    this.#events = events;
  }

  get record(): VmRecord {
    return this.#record;
  }

  /** Moves to `to`; a move that the story does not allow is a bug and throws. */
  enter(to: VmState, reason?: Reason): Event {
    const from = this.#record.state;
    if (!VM_TRANSITIONS[from].includes(to))
      throw new Error(`VM ${this.#record.id} cannot go from ${from} to ${to}`);
    this.#closeStep(to === "failed" ? "failed" : "done");
    const readyAt = to === "ready" && !this.#record.readyAt ? { readyAt: new Date().toISOString() } : {};
    this.#save({ state: to, ...readyAt, ...(reason ? { reason } : {}) });
    return this.#events.append(this.#record.id, "vm.state", { from, to, ...(reason ? { reason } : {}) });
  }

  /** Begins a launch step; the one before is done. */
  step(name: string): void {
    this.#closeStep("done");
    const step: LaunchStep = { step: name, status: "running", startedAt: new Date().toISOString() };
    this.#save({ steps: [...this.#record.steps.slice(1 - MOST_STEPS), step] });
    this.#tell(step);
  }

  vmm(vmm: VmmRecord): void {
    this.#save({ vmm: { ...vmm, identity: { ...vmm.identity } } });
  }

  booted(bootId: string): void {
    this.#save({ bootId });
  }

  /** How it begins, once that is decided. */
  begins(origin: VmOrigin, snapshotId?: string): void {
    const { snapshotId: _, ...rest } = this.#record;
    this.#record = rest;
    this.#save({ origin, ...(snapshotId ? { snapshotId } : {}) });
  }

  /** It is ready: how long its start took, and how much of that VMM and guest were waited for, in milliseconds. */
  started(totalMs: number, waitedMs: number): void {
    this.#save({ timing: { totalMs: Math.round(totalMs), waitedMs: Math.round(waitedMs) } });
  }

  tookIdentity(identity: TakenIdentity): void {
    this.#save({ identity });
  }

  /** Ends the step under way, without another one. */
  stepEnded(status: "done" | "failed"): void {
    this.#closeStep(status);
  }

  vmmGone(): void {
    this.#save({ vmm: undefined });
  }

  /** It is on disk, and that counts; undefined: its running VMM counts again. */
  frozen(paused: PausedVm | undefined): void {
    this.#save({ paused });
  }

  /** Its resume begins: by whom it is run now. */
  resuming(netns: string): void {
    this.#save({ netns, reason: undefined });
    this.enter("resuming");
  }

  proven(): void {
    this.#save({ provenAt: new Date().toISOString() });
  }

  /** Handed out; what of its settings is to be told to the guest is written down with it. */
  claimed(by: string, change: Pick<VmRecord, "spec" | "settings">): void {
    this.#save({ claim: { by, at: new Date().toISOString() }, ...change });
  }

  egress(egress: EgressPolicy | undefined): void {
    const { egress: _, ...rest } = this.#record.spec;
    this.#save({ spec: { ...rest, ...(egress ? { egress } : {}) } });
  }

  settled(): void {
    this.#save({ settings: undefined });
  }

  gate(gate: GateReport, step?: GateStep): void {
    this.#save({ gate });
    if (step)
      this.#events.append(this.#record.id, "gate.step", {
        run: gate.run,
        id: step.id,
        name: step.name,
        verdict: step.verdict,
        durationMs: step.durationMs,
      });
  }

  /** What the last proof said. Told and written down when it differs from the one before. */
  health(health: VmHealth): void {
    const was = this.#record.health;
    if (was?.verdict === health.verdict && was.codes.join() === health.codes.join()) {
      this.#record = { ...this.#record, health };
      return;
    }
    this.#save({ health });
    this.#events.append(this.#record.id, "vm.health", { ...health });
  }

  #closeStep(status: "done" | "failed"): void {
    const last = this.#record.steps.at(-1);
    if (last?.status !== "running") return;
    const ended: LaunchStep = { ...last, status, durationMs: Date.now() - Date.parse(last.startedAt) };
    this.#save({ steps: [...this.#record.steps.slice(0, -1), ended] });
    this.#tell(ended);
  }

  #tell({ step, status, durationMs }: LaunchStep): void {
    this.#events.append(this.#record.id, "vm.step", {
      step,
      status,
      ...(durationMs === undefined ? {} : { durationMs }),
    });
  }

  #save(change: Partial<VmRecord>): void {
    this.#record = { ...this.#record, ...change };
    this.#store.save(this.#record);
  }
}

/** The record as the contract shows it. */
export function toVm(record: VmRecord, address: VmAddress | undefined): Vm {
  const {
    id,
    state,
    spec,
    imageId,
    hasBrowser,
    driver,
    accelerator,
    vmm,
    bootId,
    createdAt,
    readyAt,
    origin,
    snapshotId,
    identity,
    timing,
    reason,
    steps,
    gate,
    health,
    claim,
    provenAt,
    paused,
  } = record;
  return {
    id,
    state,
    image: spec.image,
    imageId,
    vcpus: spec.vcpus,
    memoryMib: spec.memoryMib,
    hasBrowser,
    driver,
    accelerator,
    isolation: isolationOf(accelerator),
    createdAt,
    steps,
    ...(vmm ? { pid: vmm.identity.pid } : {}),
    ...(address ? { address } : {}),
    ...(bootId ? { bootId } : {}),
    ...(readyAt ? { readyAt } : {}),
    ...(origin ? { origin } : {}),
    ...(snapshotId ? { snapshotId } : {}),
    ...(identity ? { identity } : {}),
    ...(timing ? { timing } : {}),
    ...(reason ? { reason } : {}),
    ...(gate ? { gate } : {}),
    ...(health ? { health } : {}),
    ...(claim ? { claimedAt: claim.at } : {}),
    ...(provenAt ? { provenAt } : {}),
    ...(paused ? { paused } : {}),
  };
}
