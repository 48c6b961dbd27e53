import { type Check, command, fail, pass, seen, warn } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";
import { aboutPort, NOT_THE_PLANNED_TAP } from "./about-tap.ts";

const unlock = (tap: string) =>
  command(
    "Unlock the port.",
    "none, unless somebody locked it on purpose",
    `bridge link set dev ${tap} locked off`,
  );

export const portLocked: Check<VmSubject> = {
  code: "port-locked",
  layer: "tap",
  title: "The TAP's bridge port accepts the guest's frames",
  dependsOn: [...NOT_THE_PLANNED_TAP],
  breaks: WHOLE_PATH,
  explanation: {
    symptom:
      "Nothing of what the guest sends gets into the bridge: ARP fails both ways, the TAP's rx_packets rise and the bridge's do not. A guest that was known before goes on working until its entry ages.",
    cause:
      "The port is locked (as for 802.1X): it drops frames from MACs that the forwarding table does not have on this very port.",
    evidence: "`bridge -d link show dev bv-0` says `locked on`.",
    fix: unlock("bv-0"),
  },
  judge: aboutPort((tap, { locked }, { host, vm }) => {
    if (!locked) return pass("netlink", `link ${tap.name}`, "locked off");
    const entry = host.fdb.find(({ mac, ifindex }) => mac === vm.address.mac && ifindex === tap.index);
    const evidence = [
      seen("netlink", `link ${tap.name}`, "locked on"),
      seen("netlink", `forwarding table of ${tap.name}`, entry ? entry.mac : `no ${vm.address.mac}`),
    ];
    const fix = unlock(tap.name);
    if (entry && !entry.permanent)
      return warn(
        `The bridge port ${tap.name} is locked; the guest works while its entry lasts.`,
        evidence,
        fix,
      );
    return fail(
      `The bridge port ${tap.name} is locked and does not know ${vm.address.mac}, so it drops what the guest sends.`,
      evidence,
      fix,
    );
  }),
};
