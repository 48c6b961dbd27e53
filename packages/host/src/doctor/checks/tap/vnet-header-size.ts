import { GUEST_TABLE } from "../../../net/firewall/guest-rules.ts";
import { elementsOf, type Ruleset } from "../../../net/firewall/nft.ts";
import { type Check, fail, pass, restart, type Seen, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";
import { aboutPort, NOT_THE_PLANNED_TAP } from "./about-tap.ts";
import { isForwarding } from "./find-tap.ts";

const repair = restart(
  "This is a defect of the VMM (it must set TUNSETVNETHDRSZ itself): use another version, and start the VM anew.",
);

export const vnetHeaderSize: Check<VmSubject> = {
  code: "vnet-header-size",
  layer: "tap",
  title: "VMM and kernel agree on the size of the virtio header",
  dependsOn: [
    "tap-held-by-other",
    "tap-ingress-filter",
    "port-locked",
    "rules-element",
    "rules-missing",
    "foreign-netdev-drop",
    "foreign-bridge-drop",
    ...NOT_THE_PLANNED_TAP,
  ],
  breaks: WHOLE_PATH,
  explanation: {
    symptom:
      "Even ARP is dead, both ways, although carriers are up and the port forwards: the TAP's rx_packets rise, the bridge's do not. (With a header of the right size that is merely thrown away, ARP and ping work: see checksum-lost.)",
    cause:
      "Before each frame on a TAP stands a virtio header, 10 or 12 bytes long. The size that one opener set stays for the next; a VMM that takes another one for granted shifts every frame by two bytes, so its MACs are nonsense.",
    evidence:
      "`bridge fdb show brport bv-0` has a MAC made of a part of the guest's (two bytes, then its first four; or its last four, then 08:06), and not the guest's; or the TAP's rx_packets rise and our rules count no frame with the MAC that the guest itself has.",
    fix: repair,
  },
  judge: aboutPort((tap, _port, subject) => {
    const { mac } = subject.vm.address;
    const learned = subject.host.fdb.filter(({ ifindex, permanent }) => ifindex === tap.index && !permanent);
    const table = seen(
      "netlink",
      `forwarding table of ${tap.name}`,
      learned.map((one) => one.mac).join(", ") || "empty",
    );
    if (!isForwarding(tap, subject.host.bridge) || !subject.vm.probe || isHeard(subject))
      return pass(table.source, table.subject, table.excerpt);
    const shifted = learned.find((one) => isShifted(one.mac, mac));
    if (shifted)
      return fail(`The guest's frames arrive shifted by two bytes, as from ${shifted.mac}.`, [table], repair);
    const proof = nonsense(subject);
    if (!proof) return pass(table.source, table.subject, table.excerpt);
    return fail(
      `The guest has the MAC ${mac}, but what arrives on ${tap.name} has others: VMM and kernel differ about the header before each frame.`,
      [proof, table],
      repair,
    );
  }),
};

const isHeard = ({ vm: { probe, address } }: VmSubject): boolean =>
  probe === undefined || probe.toGuest.arp.includes(address.mac) || probe.toGuest.pings.some(({ ok }) => ok);

/** The source field of a frame that begins two bytes too early, or too late (then it ends with the type, ARP or IPv4). */
export function isShifted(seenMac: string, guestMac: string): boolean {
  const early = seenMac.slice("00:00:".length) === guestMac.slice(0, "00:00:00:00".length);
  const late = ["08:06", "08:00"].some((type) => seenMac === `${guestMac.slice("00:00:".length)}:${type}`);
  return early || late;
}

/** Sets of our rules (guest-rules.ts) that count a frame only when its MAC is the guest's. */
const RIGHT_MAC = ["guests", "spoofed_arp", "spoofed_ipv4", "dhcp_server", "other_frames"] as const;

/** Frames come, and none is from the MAC that the guest itself says to have. */
function nonsense({ host, vm }: VmSubject): Seen | undefined {
  const { tap, mac } = vm.address;
  const arrived = vm.probe?.tap?.rx ?? 0;
  const hasRightMac =
    !("silent" in vm.guest) &&
    vm.guest.network.links.some((link) => link.mac === mac && link.up && link.carrier);
  const isAdmitted = countOf(host.rulesetAfter, "guests", tap) !== undefined;
  if (arrived === 0 || !hasRightMac || !isAdmitted) return undefined;
  const rise = (set: string) =>
    (countOf(host.rulesetAfter, set, tap) ?? 0) - (countOf(host.ruleset, set, tap) ?? 0);
  if (RIGHT_MAC.some((set) => rise(set) > 0)) return undefined;
  // A source that is no MAC at all (zeros, a group) the bridge itself refuses, before our rules could count it.
  return seen(
    "counters",
    `${tap} over the probe`,
    `TAP rx +${arrived}; our rules saw 0 frames with the guest's MAC, ${rise("spoofed_mac")} with another`,
  );
}

/** undefined: the set does not have this TAP. */
function countOf(ruleset: Ruleset | undefined, set: string, tap: string): number | undefined {
  const elements = ruleset ? elementsOf(ruleset, GUEST_TABLE, set) : [];
  return elements.find(({ parts }) => parts[0] === tap)?.counter?.packets;
}
