import { type Check, fail, pass, restart, seen, skip, unknown } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutRunningVmm } from "../vmm/about-vmm.ts";
import { LINK_AND_PATH } from "../vmm/breaks.ts";
import { describeLink, findTap } from "./find-tap.ts";

const repair = restart(
  "Delete the VM and start a new one: no VMM can be attached to a TAP again. Never delete a TAP that a process holds.",
);

export const tapReplaced: Check<VmSubject> = {
  code: "tap-replaced",
  layer: "tap",
  title: "The TAP that the VMM opened is still there",
  dependsOn: ["vmm-dead"],
  breaks: LINK_AND_PATH,
  explanation: {
    symptom:
      "It worked, and now ARP fails both ways and the TAP is NO-CARRIER although the VMM runs. A TAP of that name may well be there, UP and on the bridge.",
    cause:
      "The TAP was deleted under the running VMM, which the kernel allows. The VMM keeps a dead descriptor (EBADFD); a TAP made anew under the same name is another one, which nobody holds.",
    evidence: "In `/proc/PID/fdinfo/` of the VMM, the descriptor of /dev/net/tun has an empty `iff:` line.",
    fix: repair,
  },
  judge: aboutRunningVmm((subject, pid) => {
    const { host, vm } = subject;
    const { tap } = vm.address;
    if (vm.port === "veth") return skip("netlink", `link ${tap}`, "a veth cannot outlive its other end");
    const where = `/proc/${pid}/fdinfo`;
    const own = host.holders.filter((holder) => holder.pid === pid);
    if (own.some((holder) => holder.tap === tap)) return pass("procfs", where, `iff: ${tap}`);
    if (own.every((holder) => holder.tap !== ""))
      return own.length === 0 && findTap(subject)?.carrier
        ? unknown(`${tap} is held, but nobody can say by whom.`, [seen("procfs", where, "no `iff:` line")])
        : pass("procfs", where, "no descriptor of a TAP that is gone");
    const link = findTap(subject);
    const now = link ? describeLink(link, host.links) : "no such link";
    return fail(
      `${tap} was deleted under the VMM (pid ${pid})${link ? ", and the link that has its name now is another one" : ""}.`,
      [seen("procfs", where, "iff: (empty)"), seen("netlink", `link ${tap}`, now)],
      repair,
    );
  }),
};
