import { type Check, fail, pass, restart, seen, skip, unknown } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { isRunning } from "../vmm/about-vmm.ts";
import { LINK_AND_PATH } from "../vmm/breaks.ts";
import { aboutHeldTap, seenTap } from "./about-tap.ts";

const repair = restart("Delete the VM and start a new one; the VMM's log says why it let go of its TAP.");

export const tapNotHeld: Check<VmSubject> = {
  code: "tap-not-held",
  layer: "tap",
  title: "The VMM holds the TAP",
  dependsOn: ["vmm-dead", "vmm-namespace", "tap-replaced", "tap-held-by-other", "tap-wrong-kind"],
  breaks: LINK_AND_PATH,
  explanation: {
    symptom: "The VMM runs, but its TAP is NO-CARRIER and the host's ARP for the guest fails.",
    cause:
      "The VMM never opened this TAP, or has closed it: it was started without a network device, or with another TAP's name.",
    evidence: "No file in `/proc/PID/fdinfo/` of the VMM says `iff: bv-0`.",
    fix: repair,
  },
  judge: aboutHeldTap((tap, subject) => {
    const { host, vm } = subject;
    const { pid } = vm.vmm;
    if (pid === undefined || !isRunning(vm.vmm))
      return skip("procfs", `VMM of ${vm.vmId}`, "no VMM that could hold it");
    if (vm.state === "booting")
      return skip("database", `VM ${vm.vmId}`, `state ${vm.state}: the VMM may not have opened it yet`);
    const where = `/proc/${pid}/fdinfo`;
    const own = host.holders.filter((holder) => holder.pid === pid).map((holder) => holder.tap);
    if (own.includes(tap.name)) return pass("procfs", where, `iff: ${tap.name}`);
    const evidence = [
      seen("procfs", where, own.length > 0 ? own.map((name) => `iff: ${name}`).join(", ") : "no `iff:` line"),
      seenTap(tap, subject),
    ];
    const isHeld = tap.carrier && !host.holders.some((holder) => holder.tap === tap.name);
    return isHeld
      ? unknown(`${tap.name} has carrier, so a process holds it, but /proc does not say which.`, evidence)
      : fail(`The VMM (pid ${pid}) runs but does not hold ${tap.name}.`, evidence, repair);
  }),
};
