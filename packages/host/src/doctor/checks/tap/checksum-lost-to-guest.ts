import { type Check, fail, pass, restart, seen, skip, unknown } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutHeldTap } from "./about-tap.ts";
import { answersPingOnly } from "./offload.ts";

const COUNTERS = ["Tcp.InCsumErrors", "Udp.InCsumErrors"] as const;

const repair = restart(
  "Delete the VM and start it anew: with a fresh TAP no offload of an earlier VMM is left. If it comes back, the VMM loses virtio headers towards the guest.",
);

export const checksumLostToGuest: Check<VmSubject> = {
  code: "checksum-lost-to-guest",
  layer: "tap",
  title: "What the guest receives has good checksums",
  dependsOn: ["vnet-header-size", "checksum-lost"],
  breaks: ["tcp", "egress", "dns", "service"],
  explanation: {
    symptom: "ARP and ping are fine, TCP and UDP are dead, and the host counts no checksum errors.",
    cause:
      "Offloads (TUNSETOFFLOAD) stay on a TAP from one VMM to the next. When the next one opens it without virtio headers, the host still leaves checksums unfinished, and nobody finishes them; the guest drops.",
    evidence:
      "The guest's own InCsumErrors in /proc/net/snmp are above zero; `ethtool -k bv-0` says tx-checksum-ip-generic: on while the TAP says vnet_hdr off.",
    fix: repair,
  },
  judge: aboutHeldTap((tap, { vm: { probe, guest } }) => {
    if (!probe) return skip("counters", "the guest's checksum errors", "no probe");
    if (!answersPingOnly(probe))
      return pass("tcp", "the guest", `ping and TCP go together (agent: ${probe.toGuest.agent})`);
    const health = "silent" in guest ? undefined : guest.health;
    const where = "the guest's /proc/net/snmp";
    if (!health)
      return unknown("The guest's checksum errors cannot be read, and ping passes while TCP does not.", [
        seen("control-channel", where, "no answer"),
      ]);
    const words = COUNTERS.map((name) => `${name} ${health.counters[name] ?? 0}`).join(", ");
    if (COUNTERS.every((name) => (health.counters[name] ?? 0) === 0))
      return pass("control-channel", where, words);
    return fail(
      `Ping passes ${tap.name}, but the guest drops TCP or UDP for bad checksums (${words}).`,
      [
        seen("control-channel", where, words),
        seen("netlink", `link ${tap.name}`, `vnet_hdr ${tap.tun?.vnetHdr ? "on" : "off"}`),
      ],
      repair,
    );
  }),
};
