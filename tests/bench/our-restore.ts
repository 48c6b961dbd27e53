import type { Vm } from "@browservm/contract";
import type { HostUnderTest } from "../harness/host-under-test.ts";

/** Milliseconds of one restore, from the request. */
export interface OurRestore {
  /** Until the frozen agent answers, as of a bare restore. */
  readonly agentMs: number;
  /** Until the browser says that the page that was opened after the restore has painted; absent without a browser. */
  readonly paintedMs?: number;
  readonly readyMs: number;
  /** What of the start was neither VMM nor guest: files, TAP, rules, the host's part of the gate. */
  readonly ownMs: number;
  readonly steps: ReadonlyMap<string, number>;
  readonly gate: ReadonlyMap<string, number>;
  /** What the guest did to become another machine. */
  readonly identity: ReadonlyMap<string, number>;
}

/** One VM by hostd's API, restored; it is removed again. */
export async function ourRestore(host: HostUnderTest, image: string): Promise<OurRestore> {
  const askedAt = Date.now();
  const vm = await host.vm({ image, start: "restore" });
  const times = restoreTimes(vm, askedAt);
  await host.client.removeVm(vm.id);
  return times;
}

/** hostd's clock is ours: one machine. */
export function restoreTimes(vm: Vm, askedAt: number): OurRestore {
  if (vm.state !== "ready" || !vm.readyAt || !vm.gate || !vm.timing || vm.origin !== "snapshot")
    throw new Error(`the VM is ${vm.state} (${vm.origin}): ${vm.reason?.code} ${vm.reason?.message}`);
  const since = (time: string | undefined) => Date.parse(time ?? "") - askedAt;
  const painted = vm.gate.steps.find(({ id }) => id === "R10");
  return {
    agentMs: since(vm.steps.find(({ step }) => step === "identity")?.startedAt),
    readyMs: since(vm.readyAt),
    ownMs: vm.timing.totalMs - vm.timing.waitedMs,
    ...(vm.hasBrowser && painted ? { paintedMs: since(painted.startedAt) + painted.durationMs } : {}),
    steps: new Map(vm.steps.map(({ step, durationMs }) => [step, durationMs ?? 0])),
    gate: new Map(vm.gate.steps.map(({ id, name, durationMs }) => [`${id} ${name}`, durationMs])),
    identity: new Map(vm.identity?.steps.map(({ step, ms }) => [step, ms])),
  };
}
