import { type Check, fail, pass, restart, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { LINK_AND_PATH } from "../vmm/breaks.ts";
import { mustHaveTap, noTapNow } from "./about-tap.ts";
import { findTap } from "./find-tap.ts";

const repair = restart("Delete the VM and start a new one: a running VMM cannot be given another TAP.");

export const tapMissing: Check<VmSubject> = {
  code: "tap-missing",
  layer: "tap",
  title: "The VM's TAP exists",
  dependsOn: ["vmm-dead", "vmm-namespace", "tap-replaced"],
  breaks: LINK_AND_PATH,
  explanation: {
    symptom: "The guest is unreachable; its TAP is in neither `ip link` nor `bridge link`.",
    cause:
      "Somebody deleted the TAP, or it was never made in this network namespace. A link that is not persistent also vanishes with the process that held it.",
    evidence: "`ip link show bv-0` says that the device does not exist.",
    fix: repair,
  },
  judge(subject) {
    if (!mustHaveTap(subject)) return noTapNow(subject);
    const { tap } = subject.vm.address;
    const link = findTap(subject);
    if (link) return pass("netlink", `link ${tap}`, `ifindex ${link.index}`);
    const taps = subject.host.links.filter(({ tun }) => tun).map(({ name }) => name);
    return fail(
      `There is no link ${tap} in hostd's network namespace.`,
      [seen("netlink", `link ${tap}`, `no such link; TAPs here: ${taps.join(", ") || "none"}`)],
      repair,
    );
  },
};
