import { type Check, fail, pass, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { isPingDead } from "../guest/about-guest.ts";
import { aboutProbe } from "./about-probe.ts";
import { trace, unexplained } from "./unexplained.ts";

export const guestPingDead: Check<VmSubject> = {
  code: "guest-ping-dead",
  layer: "guest",
  title: "The guest answers the host's pings",
  dependsOn: ["no-carrier", "guest-arp-dead"],
  breaks: [],
  shows: "ping",
  explanation: {
    symptom: "Pings of the host are not answered, with or without ARP.",
    cause:
      "A symptom. With ARP alive: a firewall, a route, or the guest itself. The root cause is another finding.",
    evidence: "`ping` to the guest's address; the counters of bridge and TAP meanwhile.",
    fix: trace,
  },
  judge: aboutProbe((probe, subject) => {
    const { ip } = subject.vm.address;
    const { pings } = probe.toGuest;
    const answered = pings.filter(({ ok }) => ok).length;
    const errors = [...new Set(pings.flatMap(({ error }) => error ?? []))];
    const words = `${answered} of ${pings.length} answered${errors.length > 0 ? ` (${errors.join(", ")})` : ""}`;
    if (!isPingDead(probe)) return pass("icmp", `host → ${ip}`, words);
    const last = unexplained(subject);
    return {
      ...fail(
        `No ping of the host is answered by ${ip}${errors.length > 0 ? ` (${errors.join(", ")})` : ""}.`,
        [seen("icmp", `host → ${ip}`, words), ...last.seen],
        trace,
      ),
      alone: last.words,
    };
  }),
};
