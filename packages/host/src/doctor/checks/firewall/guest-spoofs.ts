import { GUEST_TABLE } from "../../../net/firewall/guest-rules.ts";
import { elementsOf, type Ruleset } from "../../../net/firewall/nft.ts";
import { type Check, manual, pass, seen, skip, unknown, warn } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";

const SETS: Readonly<Record<string, string>> = {
  spoofed_mac: "frames with another MAC",
  spoofed_arp: "ARP for another address or MAC",
  spoofed_ipv4: "packets from another address",
  dhcp_server: "offers of a DHCP server",
};

const ask = manual("Look inside the guest for who sends that; our rules drop it, so nobody else is harmed.");

export const guestSpoofs: Check<VmSubject> = {
  code: "guest-spoofs",
  layer: "firewall",
  title: "The guest speaks with its own MAC and address only",
  dependsOn: ["rules-missing", "rules-element", "guest-link-missing", "guest-address-wrong"],
  breaks: [],
  explanation: {
    symptom: "Perhaps none; or a guest whose packets are all dropped on its TAP.",
    cause:
      "The guest sends frames with a MAC or address that is not its own: a restored clone that kept its source's, a container in the guest that is bridged, or an attack.",
    evidence: "The guest's elements in our sets spoofed_mac, spoofed_arp, spoofed_ipv4 count up.",
    fix: ask,
  },
  judge: ({ host, vm }) => {
    const { tap } = vm.address;
    if (!vm.probe) return skip("nft", `counters of ${tap}`, "no probe");
    const { ruleset, rulesetAfter } = host;
    if (!ruleset || !rulesetAfter)
      return unknown("The counters of our sets could not be read.", [
        seen("nft", `counters of ${tap}`, "no answer"),
      ]);
    const rises = Object.entries(SETS)
      .map(([set, words]) => ({
        set,
        words,
        rise: countOf(rulesetAfter, set, tap) - countOf(ruleset, set, tap),
      }))
      .filter(({ rise }) => rise > 0);
    if (rises.length === 0) return pass("nft", `counters of ${tap}`, "no spoofed frame during the probe");
    return warn(
      `The guest sent ${rises.map(({ rise, words }) => `${rise} ${words}`).join(", ")} during the probe; they were dropped.`,
      rises.map(({ set, rise }) => seen("nft", `${GUEST_TABLE} ${set}`, `${tap}: +${rise}`)),
      ask,
    );
  },
};

const countOf = (ruleset: Ruleset, set: string, tap: string): number =>
  elementsOf(ruleset, GUEST_TABLE, set).find(({ parts }) => parts[0] === tap)?.counter?.packets ?? 0;
