import { AGENT_PORT } from "@browservm/contract";
import { type Check, fail, manual, pass, seen, skip } from "../../check.ts";
import type { PathProbe, VmSubject } from "../../sight/vm-sight.ts";
import { aboutHealth, isPingDead, isTcpDead, NEVER_ANSWERS, swallowed, UNHEARD } from "./about-guest.ts";

const allow = manual(
  "Delete the rule inside the guest, or accept what comes from the gateway in front of it.",
);

/** Whether a line of `nft list ruleset` or `iptables -S` can end a ping, or a connection to the agent. */
const namesPort = (line: string): boolean => /\b(?:dport|tcp|udp)\b/.test(line);
const namesOurPort = (line: string): boolean => new RegExp(`dports?\\b.*\\b${AGENT_PORT}\\b`).test(line);
const canEndPing = (line: string): boolean => !namesPort(line);
const canEndTcp = (line: string): boolean => namesOurPort(line) || (!namesPort(line) && !/icmp/.test(line));

export const guestFirewall: Check<VmSubject> = {
  code: "guest-firewall",
  layer: "guest",
  title: "The guest's own firewall lets the host in",
  dependsOn: [...UNHEARD, ...NEVER_ANSWERS, "checksum-lost", "checksum-lost-to-guest"],
  breaks: ["ping", "tcp", "large-packets", "service"],
  explanation: {
    symptom:
      "ARP resolves both ways; pings or connections go into the guest and nothing comes back, and no counter of the host's firewall moves.",
    cause: "A firewall inside the guest drops what comes in (or the answers).",
    evidence:
      "The guest's own `nft list ruleset` (or `iptables -S`), told over the control channel; the TAP's tx_packets rise by every ping, its rx_packets do not.",
    fix: allow,
  },
  judge: aboutHealth("firewall", ({ firewall }, { vm: { probe } }) => {
    if (firewall.length === 0)
      return pass("control-channel", "firewall of the guest", "no rule drops or rejects");
    if (!probe) return skip("control-channel", "firewall of the guest", "no probe");
    const ending = linesThatEnd(firewall, probe);
    if (!ending)
      return pass("control-channel", "firewall of the guest", `${firewall[0]}; it does not stop the host`);
    return fail(
      `The guest's own firewall drops ${ending.what}: ${ending.lines[0]}.`,
      [
        ...ending.lines.map((line) => seen("control-channel", "firewall of the guest", line)),
        seen("counters", "the probe", ending.proof),
      ],
      allow,
    );
  }),
};

/** Which rules may be why the probe was not answered, and what shows that its packets ended in the guest. */
function linesThatEnd(firewall: readonly string[], probe: PathProbe) {
  const unanswered = swallowed(probe);
  if (isPingDead(probe) && unanswered) {
    const lines = firewall.filter(canEndPing);
    return lines.length > 0 ? { what: "the host's pings", lines, proof: unanswered } : undefined;
  }
  if (!isPingDead(probe) && isTcpDead(probe)) {
    const lines = firewall.filter(canEndTcp);
    const proof = `ping is answered, the agent's port ${AGENT_PORT}: ${probe.toGuest.agent}`;
    return lines.length > 0 ? { what: "connections to its agent", lines, proof } : undefined;
  }
  return undefined;
}
