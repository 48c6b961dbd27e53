import { type Check, manual, pass, seen, skip, warn } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutGuest, UNHEARD } from "../guest/about-guest.ts";

const set = manual("Set `network.dns` to a resolver that guests can reach, and start new VMs.");

export const dnsNone: Check<VmSubject> = {
  code: "dns-none",
  layer: "dns",
  title: "The guest knows a name server",
  dependsOn: [...UNHEARD],
  breaks: [],
  explanation: {
    symptom: "Addresses work in the guest, names do not: Temporary failure in name resolution.",
    cause:
      "No name server was given to the guest: none is configured, and the machine's own listens on loopback only.",
    evidence: "/etc/resolv.conf of the guest has no `nameserver`.",
    fix: set,
  },
  judge: aboutGuest(({ network }, { host }) => {
    const words = network.dns.join(", ") || "none";
    if (!host.plan.hasUplink) return skip("config", "uplink", "guests have no way out");
    if (network.dns.length > 0) return pass("control-channel", "name servers of the guest", words);
    return warn(
      "The guest has a way out, but knows no name server.",
      [
        seen("control-channel", "name servers of the guest", words),
        seen("config", "planned", host.plan.dns.join(", ") || "none"),
      ],
      set,
    );
  }),
};
