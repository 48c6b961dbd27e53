import type { Check } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";
import { judgeFilters, removeFilter } from "./tap-filter.ts";

export const tapEgressFilter: Check<VmSubject> = {
  code: "tap-egress-filter",
  layer: "tap",
  title: "No traffic control filter drops what the guest shall receive",
  dependsOn: ["tap-replaced", "vmm-stopped", "vmm-paused", "tap-queue-length"],
  breaks: WHOLE_PATH,
  explanation: {
    symptom:
      "ARP may resolve both ways, ping and TCP are dead: tcpdump on the bridge shows the host's packets, on the TAP not.",
    cause:
      "A filter on the egress hook (clsact qdisc) of the TAP or of the bridge, or a queueing discipline such as netem, drops what goes to the guest.",
    evidence:
      "`tc -s filter show dev bv-0 egress` (or `tc -s qdisc show dev bv-0`) counts drops; the bridge's tx_packets rise more than the TAP's.",
    fix: removeFilter("bv-0", "egress"),
  },
  judge: judgeFilters("egress"),
};
