import { type Check, fail, pass, restart, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutVmm, isRunning } from "./about-vmm.ts";
import { LINK_AND_PATH } from "./breaks.ts";

const LOG_LINES = 5;

const repair = restart("Delete the VM and start a new one; its VMM's last words are in the evidence.");

export const vmmDead: Check<VmSubject> = {
  code: "vmm-dead",
  layer: "vmm",
  title: "The VMM process is alive",
  dependsOn: [],
  breaks: LINK_AND_PATH,
  explanation: {
    symptom:
      "The TAP is UP but NO-CARRIER, and so is the bridge when it was the only port. The host's ARP for the guest fails: ping says Destination Host Unreachable, TCP says No route to host; tcpdump on the bridge shows nothing.",
    cause:
      "A TAP has carrier only while a process holds it. The VMM has ended (crashed, killed, out of memory on the host), and the persistent TAP stayed behind as a zombie port.",
    evidence: "`/proc/PID/stat` of the VMM is gone or says Z, and the TAP's carrier is 0 although it is UP.",
    fix: repair,
  },
  judge: aboutVmm(({ vm: { vmm } }, pid) => {
    const state = vmm.processState ?? "gone";
    if (isRunning(vmm)) return pass("procfs", `process ${pid}`, `state ${state}`);
    const log = vmm.log.slice(-LOG_LINES).join("\n");
    return fail(
      state === "Z"
        ? `The VMM (pid ${pid}) has ended and is only a zombie.`
        : `The VMM (pid ${pid}) has ended.`,
      [
        seen("procfs", `process ${pid}`, `state ${state}`),
        seen("vmm", "last lines of its log", log || "(empty)"),
      ],
      repair,
    );
  }),
};
