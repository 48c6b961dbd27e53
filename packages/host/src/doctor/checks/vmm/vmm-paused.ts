import { type Check, fail, manual, pass, restart, seen, skip, unknown } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutRunningVmm } from "./about-vmm.ts";
import { WHOLE_PATH } from "./breaks.ts";

const resume = manual(
  "Resume the VM over its monitor (QMP `cont`), or delete it; ask who paused it, for hostd did not.",
);

/** Words of QEMU's RunState and of Firecracker's instance state in which the guest's CPUs stand still. */
const STANDING: ReadonlyMap<string, string> = new Map([
  ["paused", "somebody paused it over its monitor"],
  ["Paused", "somebody paused it over its API"],
  ["suspended", "the guest put itself to sleep"],
  ["io-error", "an error of its disk stopped it (is the host's disk full?)"],
  ["internal-error", "the accelerator gave up on it"],
  ["watchdog", "its watchdog stopped it"],
  ["debug", "a debugger holds it"],
]);

const MEANT: ReadonlySet<string> = new Set(["pausing", "paused", "resuming", "restoring", "creating"]);

export const vmmPaused: Check<VmSubject> = {
  code: "vmm-paused",
  layer: "vmm",
  title: "The VMM says that the guest runs",
  dependsOn: [],
  breaks: WHOLE_PATH,
  explanation: {
    symptom:
      "The guest answers nothing, neither on the network nor on the control channel; every carrier is up and the VMM's process looks healthy.",
    cause:
      "The VMM runs, but has stopped the guest's CPUs: paused over its monitor, or by itself after a disk or accelerator error.",
    evidence: "The VMM's monitor answers, and its status is not `running`.",
    fix: resume,
  },
  judge: aboutRunningVmm(({ vm: { vmId, state, vmm, probe } }) => {
    const { status } = vmm;
    if (MEANT.has(state)) return skip("database", `VM ${vmId}`, `state ${state}`);
    if (status === undefined) {
      // Guests that stand still answer no ping.
      if (probe?.toGuest.pings.some(({ ok }) => ok))
        return pass("icmp", "the guest", "answers, so it is not paused");
      return unknown("The VMM's monitor does not answer, so nobody can say whether the guest is paused.", [
        seen("vmm", "its status", "no answer"),
      ]);
    }
    const why = STANDING.get(status);
    if (!why) return pass("vmm", "its status", status);
    return fail(
      `The VMM says "${status}": ${why}.`,
      [seen("vmm", "its status", status)],
      status.toLowerCase() === "paused"
        ? resume
        : restart("Delete the VM and start a new one; its log may say more."),
    );
  }),
};
