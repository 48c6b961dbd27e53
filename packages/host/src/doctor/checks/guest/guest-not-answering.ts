import { type Check, fail, manual, pass, seen, skip } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { isPingDead, NEVER_ANSWERS, swallowed } from "./about-guest.ts";

const look = manual(
  "Look inside the guest: its routes (`ip route`), `sysctl net.ipv4.icmp_echo_ignore_all`, and its firewall.",
);

export const guestNotAnswering: Check<VmSubject> = {
  code: "guest-not-answering",
  layer: "guest",
  title: "The guest answers the pings that it receives",
  dependsOn: [...NEVER_ANSWERS, "guest-firewall", "guest-neighbour-wrong"],
  breaks: ["ping", "tcp", "large-packets", "service"],
  explanation: {
    symptom: "The guest answers ARP, but no ping; the host sees nothing of a fault.",
    cause:
      "The counters prove that the pings reach the guest and that nothing comes back: the guest itself does not answer (a setting of its kernel, no route back, a firewall that the agent cannot see).",
    evidence:
      "Over a burst of pings the TAP's tx_packets rise by all of them, its rx_packets by next to none.",
    fix: look,
  },
  judge: ({ vm: { probe, address } }) => {
    if (!probe) return skip("counters", address.tap, "no probe");
    if (!isPingDead(probe)) return pass("icmp", `host → ${address.ip}`, "answered");
    const proof = swallowed(probe);
    if (!proof)
      return skip("counters", address.tap, "not proven: the pings did not all reach it, or it answered");
    return fail(
      `The guest receives the host's pings and does not answer: ${proof}.`,
      [
        seen("counters", `${address.tap} over the burst`, proof),
        seen("arp", `who-has ${address.ip}`, probe.toGuest.arp.join(", ") || "no answer"),
        seen("tcp", `host → ${address.ip}:8080`, probe.toGuest.agent),
      ],
      look,
    );
  },
};
