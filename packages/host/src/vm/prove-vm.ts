import type { GateReport } from "@browservm/contract";
import { runGate, runStability } from "../net/verify/gate.ts";
import { explainExit } from "./introduce.ts";
import type { LiveVm } from "./live-vm.ts";
import type { VmDeps } from "./vm-deps.ts";
import type { VmFile } from "./vm-file.ts";

export interface ProveVm {
  /** Is told of each step. */
  readonly file: VmFile;
  readonly live: LiveVm;
  readonly signal: AbortSignal;
}

/** The gate, raced against the end of the VMM: a dead VMM says more than the step that missed it. */
export async function proveVm(deps: VmDeps, { file, live, signal }: ProveVm): Promise<GateReport> {
  const died = new AbortController();
  const death = live.monitor.exited.then(async (exit) => {
    died.abort();
    throw await explainExit(deps, file.record, exit);
  });
  death.catch(() => {}); // only the race below listens
  const gate = runGate({
    subject: live.gateSubject(file.record),
    run: (file.record.gate?.run ?? 0) + 1,
    accelerator: file.record.accelerator,
    onStep: (sofar, step) => file.gate(sofar, step),
    signal: AbortSignal.any([signal, died.signal]),
  });
  return Promise.race([gate, death]);
}

/**
 * R9, two seconds later. What the watch can repair is no reason to take a VM back, so a look that fails is followed by a
 * second one. Undefined where nothing was proven before.
 */
export async function proveAgain(
  deps: VmDeps,
  { file, live, signal, isOver }: ProveVm & { readonly isOver: () => boolean },
): Promise<GateReport | undefined> {
  const { gate } = file.record;
  if (!gate) return undefined;
  const look = () => runStability(gate, live.gateSubject(file.record), signal);
  const report = await look();
  if (report.verdict !== "fail" || isOver()) return report;
  await deps.mend();
  return look();
}
