import { type Check, command, fail, pass, restart, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutRunningVmm } from "./about-vmm.ts";
import { WHOLE_PATH } from "./breaks.ts";
import { unreadPackets } from "./unread-packets.ts";

const wake = (pid: number | string) =>
  command(
    "Let the VMM run again, and find out who stopped it (a debugger, a job-control shell, a freezer).",
    "the guest's clock has stood still meanwhile",
    `kill -CONT ${pid}`,
  );

/** /proc/PID/stat: stopped by a signal, or held by a debugger. */
const STOPPED: ReadonlyMap<string, string> = new Map([
  ["T", "stopped by a signal"],
  ["t", "held by a debugger"],
]);

export const vmmStopped: Check<VmSubject> = {
  code: "vmm-stopped",
  layer: "vmm",
  title: "The VMM runs and reads its TAP",
  dependsOn: ["vmm-paused"],
  breaks: WHOLE_PATH,
  explanation: {
    symptom:
      "Everything dies at once, also the control channel, while every carrier stays up and the port forwards. The host's ARP for the guest fails.",
    cause:
      "The VMM process is stopped (SIGSTOP, a debugger) or hangs: it still holds the TAP, so the kernel keeps carrier, but nobody takes the packets out of it.",
    evidence:
      "`/proc/PID/stat` says T; or its monitor is silent too, and the bridge's tx_packets rise while the TAP's stand still: the kernel counts them when the VMM reads. (With a monitor that answers it is the guest that takes no packets.)",
    fix: wake("PID"),
  },
  judge: aboutRunningVmm((subject, pid) => {
    const state = subject.vm.vmm.processState ?? "unread";
    const words = STOPPED.get(state);
    const here = seen("procfs", `process ${pid}`, `state ${state}`);
    if (words) return fail(`The VMM (pid ${pid}) is ${words}.`, [here], wake(pid));
    // A VMM whose monitor answers is not stuck: then it is the guest that takes no packets.
    const unread = subject.vm.vmm.status === undefined ? unreadPackets(subject) : undefined;
    if (!unread) return pass("procfs", `process ${pid}`, `state ${state}`);
    return fail(
      `The VMM (pid ${pid}) does not read ${subject.vm.address.tap}: what the bridge sends there is not taken.`,
      [here, unread],
      restart("The VMM hangs. Delete the VM and start a new one."),
    );
  }),
};
