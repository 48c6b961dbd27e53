import type { VmState } from "@browservm/contract";
import { type Judgement, skip } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";

const OVER: ReadonlySet<VmState> = new Set(["stopping", "stopped"]);

/** Judges the VMM of a VM that has, or had, one; before and after that the question does not arise. */
export const aboutVmm =
  (judge: (subject: VmSubject, pid: number) => Judgement) =>
  (subject: VmSubject): Judgement => {
    const { vmId, state, vmm } = subject.vm;
    if (OVER.has(state)) return skip("database", `VM ${vmId}`, `state ${state}`);
    if (vmm.pid === undefined) return skip("database", `VM ${vmId}`, `state ${state}, no VMM yet`);
    return judge(subject, vmm.pid);
  };

/** Whether a VMM process exists and can run again; a zombie cannot. */
export const isRunning = ({ alive, processState }: VmSubject["vm"]["vmm"]): boolean =>
  alive && processState !== "Z" && processState !== "X";

/** The same, of a VMM that runs: that it does not is another check's finding. */
export const aboutRunningVmm = (judge: (subject: VmSubject, pid: number) => Judgement) =>
  aboutVmm((subject, pid) =>
    isRunning(subject.vm.vmm)
      ? judge(subject, pid)
      : skip("procfs", `process ${pid}`, "the VMM does not run"),
  );
