import type { Vm } from "@browservm/contract";
import type { HostUnderTest } from "../harness/host-under-test.ts";
import type { BootTimes } from "./bare-boot.ts";

export interface OurBoot extends BootTimes {
  readonly readyMs: number;
  /** Milliseconds of each launch step, and of each step of the gate. */
  readonly steps: ReadonlyMap<string, number>;
  readonly gate: ReadonlyMap<string, number>;
}

/** One VM by hostd's API, from the request until it is ready; it is removed again. */
export async function ourBoot(host: HostUnderTest, image: string): Promise<OurBoot> {
  const askedAt = Date.now();
  const vm = await host.vm({ image, start: "boot" });
  const times = timesOf(vm, askedAt);
  await host.client.removeVm(vm.id);
  return times;
}

/** hostd's clock is ours: one machine. */
function timesOf(vm: Vm, askedAt: number): OurBoot {
  if (vm.state !== "ready" || !vm.readyAt || !vm.gate)
    throw new Error(`the VM is ${vm.state}: ${vm.reason?.code} ${vm.reason?.message}`);
  const since = (time: string | undefined) => Date.parse(time ?? "") - askedAt;
  const painted = vm.gate.steps.find(({ id }) => id === "R10");
  return {
    // The gate begins when hello was answered.
    agentMs: since(vm.steps.find(({ step }) => step === "verify")?.startedAt),
    readyMs: since(vm.readyAt),
    ...(vm.hasBrowser && painted ? { paintedMs: since(painted.startedAt) + painted.durationMs } : {}),
    steps: new Map(vm.steps.map(({ step, durationMs }) => [step, durationMs ?? 0])),
    gate: new Map(vm.gate.steps.map(({ id, name, durationMs }) => [`${id} ${name}`, durationMs])),
  };
}
