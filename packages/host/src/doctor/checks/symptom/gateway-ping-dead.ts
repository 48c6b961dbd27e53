import { type Check, fail, pass, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutGuestProbe } from "./about-probe.ts";
import { trace, unexplained } from "./unexplained.ts";

export const gatewayPingDead: Check<VmSubject> = {
  code: "gateway-ping-dead",
  layer: "guest",
  title: "The gateway answers the guest's pings",
  dependsOn: ["guest-silent", "no-carrier", "guest-arp-dead", "guest-ping-dead"],
  breaks: [],
  shows: "ping",
  explanation: {
    symptom: "The guest's pings of its gateway are not answered.",
    cause:
      "A symptom. When the host reaches the guest all the same, a host firewall accepts answers only. The root cause is another finding.",
    evidence: "A ping inside the guest, asked for over the control channel.",
    fix: trace,
  },
  judge: aboutGuestProbe(({ gateway }, subject) => {
    const way = `guest → ${subject.vm.address.gateway}`;
    if (gateway.ok) return pass("icmp", way, "answered");
    const words = gateway.error ?? "no answer";
    const last = unexplained(subject);
    return {
      ...fail(
        `The guest's ping of its gateway fails (${words}).`,
        [seen("icmp", way, words), ...last.seen],
        trace,
      ),
      alone: last.words,
    };
  }),
};
