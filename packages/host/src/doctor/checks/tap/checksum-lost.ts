import { type Check, fail, pass, restart, seen, skip, unknown } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutHeldTap } from "./about-tap.ts";
import { answersPingOnly } from "./offload.ts";

/** Conntrack calls a packet with a bad checksum invalid, and a firewall then drops it before TCP can count it. */
const INVALID = "Conntrack.invalid";
const COUNTERS = ["Tcp.InCsumErrors", "Udp.InCsumErrors", INVALID] as const;

const repair = restart(
  "This is a defect of the VMM: it offers the guest checksum offload, but drops the virtio header that says so. Use a VMM that opens the TAP with IFF_VNET_HDR (or offers no offload), and start the VM anew.",
);

export const checksumLost: Check<VmSubject> = {
  code: "checksum-lost",
  layer: "tap",
  title: "What the guest sends arrives with good checksums",
  dependsOn: ["vnet-header-size"],
  breaks: ["tcp", "egress", "dns", "service"],
  explanation: {
    symptom:
      "ARP and ping are fine, TCP and UDP are dead both ways. This is the only fault that lost virtio headers cause.",
    cause:
      "The guest leaves checksums to its virtio device and says so in the header of each packet. The VMM threw the header away, so the host sees unfinished checksums and drops.",
    evidence:
      "Ping passes, while `Tcp: InCsumErrors` or `Udp: InCsumErrors` in the host's /proc/net/snmp rise; or, behind a firewall that knows connections, `invalid` in /proc/net/stat/nf_conntrack, with `vnet_hdr off` on the TAP.",
    fix: repair,
  },
  judge: aboutHeldTap((tap, { host: { counters }, vm: { probe } }) => {
    if (!probe) return skip("counters", "the host's checksum errors", "no probe");
    if (!answersPingOnly(probe))
      return pass("tcp", "the guest", `ping and TCP go together (agent: ${probe.toGuest.agent})`);
    const where = "/proc/net over the probe";
    if (COUNTERS.every((name) => counters.after[name] === undefined))
      return unknown("The host's checksum errors cannot be read, and ping passes while TCP does not.", [
        seen("counters", where, "no InCsumErrors"),
      ]);
    const rises = COUNTERS.map((name) => (counters.after[name] ?? 0) - (counters.before[name] ?? 0));
    const words = COUNTERS.map((name, index) => `${name} +${rises[index]}`).join(", ");
    // Packets are invalid for other reasons, too: that alone proves it only where headers are lost for certain.
    const isProof = (name: string) => name !== INVALID || tap.tun?.vnetHdr === false;
    if (!COUNTERS.some((name, index) => (rises[index] ?? 0) > 0 && isProof(name)))
      return pass("counters", where, words);
    return fail(
      `Ping passes ${tap.name}, but the host drops the guest's TCP or UDP for bad checksums (${words}).`,
      [
        seen("counters", where, words),
        seen("netlink", `link ${tap.name}`, `vnet_hdr ${tap.tun?.vnetHdr ? "on" : "off"}`),
      ],
      repair,
    );
  }),
};
