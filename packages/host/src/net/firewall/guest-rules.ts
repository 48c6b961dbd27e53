import type { VmAddress } from "@browservm/contract";
import { TAP_PREFIX } from "../names.ts";
import type { Rule, SetElement, Table } from "./ruleset.ts";

/** Our table on the bridge: what a guest may put on its TAP at all. */
export const GUEST_TABLE = "bridge browservm";

// Priorities of the bridge family (linux/netfilter_bridge.h): -300 is NF_BR_PRI_NAT_DST_BRIDGED, before all else.
const FIRST = -300;

/** The reason why a frame is refused; each has a counter per TAP, in a set of the same name. */
const REFUSALS = ["spoofed_mac", "spoofed_arp", "spoofed_ipv4", "dhcp_server", "other_frames"] as const;

const refuse = (kind: (typeof REFUSALS)[number], why: string, match = ""): Rule[] => [
  { why, match: `${match} iifname @${kind}`.trim(), verdict: "drop" },
  { why: `${why} (a TAP that is in no set)`, match, verdict: "drop" },
];

/** Anti-spoofing: constant rules over sets of `TAP . MAC . IPv4`, however many VMs there are. */
export function guestTable(): Table {
  return {
    family: "bridge",
    name: "browservm",
    sets: [
      { name: "macs", why: "the MAC of each TAP's guest", type: "ifname . ether_addr" },
      {
        name: "guests",
        why: "MAC and address of each TAP's guest; counts what it sends",
        type: "ifname . ether_addr . ipv4_addr",
        counter: true,
      },
      ...REFUSALS.map((name) => ({ name, why: `frames refused: ${name}`, type: "ifname", counter: true })),
    ],
    chains: [
      { name: "spoofed_mac", rules: refuse("spoofed_mac", "a guest speaks with its own MAC only") },
      { name: "spoofed_arp", rules: refuse("spoofed_arp", "a guest claims its own MAC and address only") },
      { name: "spoofed_ipv4", rules: refuse("spoofed_ipv4", "a guest sends from its own address only") },
      { name: "dhcp_server", rules: refuse("dhcp_server", "a guest is no DHCP server") },
      {
        name: "other_frames",
        rules: refuse("other_frames", "ARP and IPv4 only: no IPv6 and RA, VLAN, LLDP, STP"),
      },
      fromGuest,
      {
        name: "prerouting",
        hook: { type: "filter", at: "prerouting", priority: FIRST },
        rules: [{ why: "frames of guests", match: `iifname "${TAP_PREFIX}*"`, verdict: "goto from_guest" }],
      },
      {
        name: "forward",
        hook: { type: "filter", at: "forward", priority: FIRST },
        rules: [
          {
            why: "no frame from guest to any port, even if a port lost its isolation",
            match: `iifname "${TAP_PREFIX}*"`,
            verdict: "drop",
          },
        ],
      },
    ],
  };
}

const ARP_OF_IPV4 = "ether type arp arp htype 1 arp ptype ip arp hlen 6 arp plen 4";

const fromGuest = {
  name: "from_guest",
  rules: [
    { why: "only its MAC", match: "iifname . ether saddr != @macs", verdict: "goto spoofed_mac" },
    {
      why: "ARP with its own MAC and address",
      match: `${ARP_OF_IPV4} iifname . arp saddr ether . arp saddr ip @guests`,
      verdict: "accept",
    },
    { why: "any other ARP", match: "ether type arp", verdict: "goto spoofed_arp" },
    { why: "offers of a DHCP server", match: "ether type ip udp sport 67", verdict: "goto dhcp_server" },
    {
      why: "IPv4 from its own address",
      match: "ether type ip iifname . ether saddr . ip saddr @guests",
      verdict: "accept",
    },
    { why: "any other IPv4", match: "ether type ip", verdict: "goto spoofed_ipv4" },
    { why: "anything else", match: "", verdict: "goto other_frames" },
  ],
};

/** The elements that let this VM, and nothing else, use its TAP. */
export function guestElements({ tap, mac, ip }: VmAddress): SetElement[] {
  const table = GUEST_TABLE;
  return [
    { table, set: "macs", element: `"${tap}" . ${mac}` },
    { table, set: "guests", element: `"${tap}" . ${mac} . ${ip}` },
    ...REFUSALS.map((set) => ({ table, set, element: `"${tap}"` })),
  ];
}
