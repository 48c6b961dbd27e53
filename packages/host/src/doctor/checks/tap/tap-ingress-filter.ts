import type { Check } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";
import { judgeFilters, removeFilter } from "./tap-filter.ts";

export const tapIngressFilter: Check<VmSubject> = {
  code: "tap-ingress-filter",
  layer: "tap",
  title: "No traffic control filter drops what the guest sends",
  dependsOn: ["tap-replaced"],
  breaks: WHOLE_PATH,
  explanation: {
    symptom:
      "The host's packets reach the guest and the guest answers, but no answer arrives; when the filter matches IP only, ARP still resolves both ways. tcpdump on the TAP shows the answers, on the bridge not.",
    cause:
      "A filter on the ingress hook (ingress or clsact qdisc) of the TAP or of the bridge drops or redirects: left by a traffic shaper, a CNI plugin, or an eBPF program.",
    evidence:
      "`tc -s filter show dev bv-0 ingress` shows an action `drop` whose counter rises; the TAP's rx_packets rise more than the bridge's.",
    fix: removeFilter("bv-0", "ingress"),
  },
  judge: judgeFilters("ingress"),
};
