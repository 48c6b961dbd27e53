import type { NftSet } from "../firewall/ruleset.ts";

export const EGRESS_TABLE = "inet browservm";
/** Most addresses that names may have opened, of all VMs together. */
const MOST_LEARNED = 65_536;

/** Sets whose elements are planned; what else is in them is not ours. */
export const EGRESS_PLANNED_SETS = [
  "egress_closed",
  "egress_open",
  "egress_proxied",
  "egress_flows",
  "egress_marks",
  "egress_refused",
  "egress_allowed",
  "egress_denied",
] as const;
/** Sets whose elements come from DNS and go by themselves. */
export const EGRESS_LEARNED_SETS = ["egress_names", "egress_name_ports"] as const;

/** Constant sets, whose elements begin with the guest's address: nothing is made or removed with a VM but elements. */
export const egressSets: readonly NftSet[] = [
  {
    name: "egress_closed",
    why: "guests that reach only what their policy allows",
    type: "ipv4_addr",
    counter: true,
  },
  {
    name: "egress_open",
    why: "guests that reach all but what their policy denies",
    type: "ipv4_addr",
    counter: true,
  },
  {
    name: "egress_proxied",
    why: "guests that reach all by their proxy: closed, too, so that nothing is left when the redirect is lost",
    type: "ipv4_addr",
    counter: true,
  },
  {
    name: "egress_flows",
    why: "the mark of flows that the policy in force let out",
    type: "ipv4_addr . mark",
  },
  { name: "egress_marks", why: "the same, to mark them by", type: "ipv4_addr", maps: "mark" },
  { name: "egress_refused", why: "what policies refused", type: "ipv4_addr", counter: true },
  ...(["egress_allowed", "egress_denied"] as const).map((name) => ({
    name,
    why: "guest, addresses, ports",
    type: "ipv4_addr . ipv4_addr . inet_service",
    flags: "interval",
    counter: true,
  })),
  {
    name: "egress_names",
    why: "guest, and an address of a name that it may reach",
    type: "ipv4_addr . ipv4_addr",
    flags: "timeout",
    size: MOST_LEARNED,
  },
  {
    name: "egress_name_ports",
    why: "the same for one port",
    type: "ipv4_addr . ipv4_addr . inet_service",
    flags: "timeout",
    size: MOST_LEARNED,
  },
];
