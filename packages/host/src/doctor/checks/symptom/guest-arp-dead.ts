import { type Check, fail, pass, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutProbe } from "./about-probe.ts";
import { trace, unexplained } from "./unexplained.ts";

export const guestArpDead: Check<VmSubject> = {
  code: "guest-arp-dead",
  layer: "guest",
  title: "The guest answers the host's ARP",
  dependsOn: ["no-carrier"],
  breaks: [],
  shows: "arp",
  explanation: {
    symptom: "Destination Host Unreachable, No route to host: the host's ARP for the guest fails.",
    cause: "A symptom. Each link between host and guest can be why; the root cause is another finding.",
    evidence: "`ip neigh` on the host says FAILED or INCOMPLETE for the guest.",
    fix: trace,
  },
  judge: aboutProbe(({ toGuest }, subject) => {
    const { ip, mac } = subject.vm.address;
    const heard = toGuest.arp.join(", ") || "no answer";
    if (toGuest.arp.includes(mac)) return pass("arp", `who-has ${ip}`, heard);
    const { words, seen: last } = unexplained(subject);
    return {
      ...fail(
        `The guest does not answer who-has ${ip} (${heard}).`,
        [seen("arp", `who-has ${ip}`, heard), ...last],
        trace,
      ),
      alone: words,
    };
  }),
};
