import { AGENT_PORT } from "@browservm/contract";
import { type Check, fail, pass, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { isTcpDead } from "../guest/about-guest.ts";
import { aboutProbe } from "./about-probe.ts";
import { trace, unexplained } from "./unexplained.ts";

export const guestTcpDead: Check<VmSubject> = {
  code: "guest-tcp-dead",
  layer: "guest",
  title: "TCP connections of the host reach the guest",
  dependsOn: ["no-carrier", "guest-arp-dead", "guest-ping-dead"],
  breaks: [],
  shows: "tcp",
  explanation: {
    symptom:
      "Connections to the guest time out or say No route to host. (Connection refused is another thing: the network works.)",
    cause:
      "A symptom. When ping passes, a filter of ports or lost checksums; the root cause is another finding.",
    evidence: "A connection to the agent's port.",
    fix: trace,
  },
  judge: aboutProbe((probe, subject) => {
    const way = `host → ${subject.vm.address.ip}:${AGENT_PORT}`;
    const { agent } = probe.toGuest;
    if (!isTcpDead(probe)) return pass("tcp", way, agent);
    const last = unexplained(subject);
    return {
      ...fail(
        `TCP to the guest's port ${AGENT_PORT}: ${agent}.`,
        [seen("tcp", way, agent), ...last.seen],
        trace,
      ),
      alone: last.words,
    };
  }),
};
