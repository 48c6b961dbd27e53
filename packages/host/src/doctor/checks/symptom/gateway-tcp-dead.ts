import { type Check, fail, pass, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutGuestProbe } from "./about-probe.ts";
import { trace, unexplained } from "./unexplained.ts";

export const gatewayTcpDead: Check<VmSubject> = {
  code: "gateway-tcp-dead",
  layer: "guest",
  title: "TCP packets of the guest get to the host and back",
  dependsOn: ["guest-silent", "no-carrier", "guest-arp-dead", "guest-ping-dead", "gateway-ping-dead"],
  breaks: [],
  shows: "tcp",
  explanation: {
    symptom:
      "A connection of the guest to a closed port of the host times out, where it must be refused at once.",
    cause:
      "A symptom. A host firewall drops it in front of our rules, or TCP is lost on the way; the root cause is another finding.",
    evidence: "A connection inside the guest, asked for over the control channel.",
    fix: trace,
  },
  judge: aboutGuestProbe(({ closedPort }, subject) => {
    const way = `guest → a closed port of ${subject.vm.address.gateway}`;
    if (closedPort === "open" || closedPort === "refused") return pass("tcp", way, closedPort);
    const last = unexplained(subject);
    return {
      ...fail(
        `TCP of the guest to a closed port of the host: ${closedPort}, where it must be refused.`,
        [seen("tcp", way, closedPort), ...last.seen],
        trace,
      ),
      alone: last.words,
    };
  }),
};
