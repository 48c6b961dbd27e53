import { type Check, command, fail, pass, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { LINK_AND_PATH } from "../vmm/breaks.ts";
import { aboutHeldTap } from "./about-tap.ts";

const end = (pid: number | string) =>
  command(
    "End the process that holds it, then start the VM anew. Do not delete the TAP first.",
    "whatever that process does ends",
    `kill ${pid}`,
  );

export const tapHeldByOther: Check<VmSubject> = {
  code: "tap-held-by-other",
  layer: "tap",
  title: "No process but the VMM holds the TAP",
  dependsOn: ["tap-wrong-kind"],
  breaks: LINK_AND_PATH,
  explanation: {
    symptom:
      'The VMM ends at start: "Device or resource busy" (EBUSY). Meanwhile the TAP has carrier, and frames for the guest go to somebody else.',
    cause:
      "A TAP with one queue has one holder. An orphaned VMM, a helper that forgot to close it, or a second VM of the same name still has it open; a killed VMM with much memory needs seconds to let go.",
    evidence: "`grep -l 'iff:.*bv-0' /proc/*/fdinfo/*` names the process.",
    fix: end("PID"),
  },
  judge: aboutHeldTap((tap, { host, vm }) => {
    const holders = host.holders.filter((holder) => holder.tap === tap.name);
    const other = holders.find(({ pid }) => pid !== vm.vmm.pid);
    const where = `holders of ${tap.name}`;
    const all = holders.map(({ pid, command: name }) => `${name} (pid ${pid})`).join(", ") || "none";
    if (!other) return pass("procfs", where, all);
    return fail(
      `${tap.name} is held by ${other.command} (pid ${other.pid}), not by its VMM (pid ${vm.vmm.pid ?? "none"}).`,
      [seen("procfs", where, all)],
      end(other.pid),
    );
  }),
};
