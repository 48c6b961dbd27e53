import { type Check, fail, pass, seen, skip } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { findTap } from "../tap/find-tap.ts";
import { isRunning } from "../vmm/about-vmm.ts";
import { trace } from "./unexplained.ts";

export const noCarrier: Check<VmSubject> = {
  code: "no-carrier",
  layer: "tap",
  title: "The TAP has carrier",
  dependsOn: [],
  breaks: [],
  shows: "carrier",
  explanation: {
    symptom: "`ip link` shows the TAP with NO-CARRIER although the VM runs.",
    cause:
      "A symptom. A TAP has carrier only while a process holds it: the VMM is dead, never opened it, or it was made again under it. The root cause is another finding.",
    evidence: "The link's carrier after two seconds of patience (the kernel may tell it late).",
    fix: trace,
  },
  judge: (subject) => {
    const { vmm, address } = subject.vm;
    const tap = findTap(subject);
    if (!tap) return skip("netlink", `link ${address.tap}`, "there is no such link");
    if (!isRunning(vmm)) return skip("procfs", "the VMM", "does not run");
    // A link that is down tells no carrier at all.
    if (tap.carrier || !tap.up) return pass("netlink", `link ${tap.name}`, tap.carrier ? "carrier" : "down");
    const holders = subject.host.holders.filter((one) => one.tap === tap.name).map(({ pid }) => pid);
    return {
      ...fail(
        `${tap.name} has no carrier although the VMM (pid ${vmm.pid}) runs.`,
        [
          seen("netlink", `link ${tap.name}`, `up, no carrier, ${tap.carrierChanges} changes`),
          seen("procfs", `holders of ${tap.name}`, holders.join(", ") || "nobody"),
        ],
        trace,
      ),
      alone: "No check explains it.",
    };
  },
};
