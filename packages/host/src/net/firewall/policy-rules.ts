import type { VmAddress } from "@browservm/contract";
import { egressChains, egressForward, egressInput, egressInward } from "../egress/egress-rules.ts";
import { egressSets } from "../egress/egress-sets.ts";
import { CLOSED_RANGES } from "./closed-ranges.ts";
import type { Chain, Rule, SetElement, Table } from "./ruleset.ts";

/** Our table for routed and local traffic: what guests reach beyond their link. */
export const POLICY_TABLE = "inet browservm";

// Just before the usual filter rules (NF_IP_PRI_FILTER = 0, linux/netfilter_ipv4.h), so that a rejection is ours.
const BEFORE_FILTER = -5;
const MANGLE = -150;
const SOURCE_NAT = 100;

const MOST_CONNECTIONS = 4096;

export interface PolicyTarget {
  readonly bridge: string;
  readonly cidr: string;
  readonly gateway: string;
  /** The link by which guests go out; absent: nowhere. */
  readonly uplink?: {
    readonly link: string;
    /** Whether addresses are translated here (`host` mode) or by the machine behind a veth (`isolated`). */
    readonly masquerade: boolean;
    /** The machine's end of the veth: it may open connections to guests. */
    readonly machineIp?: string;
  };
  readonly dns: readonly string[];
}

/** Rejecting, not dropping: the one who probes learns at once that it is closed. */
export const refuseChain: Chain = {
  name: "refuse",
  rules: [
    { why: "a TCP client learns at once", match: "meta l4proto tcp", verdict: "reject with tcp reset" },
    { why: "others learn who forbids it", match: "", verdict: "reject with icmpx admin-prohibited" },
  ],
};

/** Host, metadata, neighbours and private ranges closed (rejected), egress and its translation, MSS clamp. */
export function policyTable(target: PolicyTarget): Table {
  const { uplink, dns } = target;
  return {
    family: "inet",
    name: "browservm",
    sets: [
      {
        name: "closed",
        why: "ranges that guests never reach",
        type: "ipv4_addr",
        flags: "interval",
        elements: CLOSED_RANGES,
      },
      { name: "resolvers", why: "DNS servers of the guests", type: "ipv4_addr", elements: dns },
      { name: "refused_by_host", why: "what guests tried on this host", type: "ipv4_addr", counter: true },
      { name: "refused_beyond", why: "what guests tried elsewhere", type: "ipv4_addr", counter: true },
      { name: "connections", why: "open connections of each guest", type: "ipv4_addr", flags: "dynamic" },
      ...egressSets,
    ],
    chains: [
      refuseChain,
      ...egressChains(egressEnds(target)),
      { name: "input", hook: filter("input"), rules: inputRules(target) },
      { name: "forward", hook: filter("forward"), rules: forwardRules(target) },
      {
        name: "mss",
        hook: { type: "filter", at: "forward", priority: MANGLE },
        rules: mssRules(target.bridge),
      },
      ...(uplink?.masquerade ? [masquerade(target, uplink.link)] : []),
    ],
  };
}

const egressEnds = ({ bridge, cidr, uplink }: PolicyTarget) => ({
  guest: `iifname "${bridge}"`,
  out: uplink ? `oifname "${uplink.link}" ip saddr ${cidr}` : undefined,
  mostConnections: MOST_CONNECTIONS,
});

const filter = (at: string) => ({ type: "filter", at, priority: BEFORE_FILTER }) as const;

function inputRules({ bridge, gateway, uplink }: PolicyTarget): Rule[] {
  const guest = `iifname "${bridge}"`;
  const outside = uplink?.machineIp ? [`iifname "${uplink.link}"`] : [];
  return [
    { why: "answers to this host", match: `${guest} ct state established,related`, verdict: "accept" },
    {
      why: "ping of the gateway, the proof of the path",
      match: `${guest} ip daddr ${gateway} icmp type echo-request`,
      verdict: "accept",
    },
    {
      why: "no noise for the host",
      match: `${guest} fib daddr type { broadcast, multicast }`,
      verdict: "drop",
    },
    ...egressInput(guest, gateway),
    { why: "counts what guests try on this host", match: `${guest} ip saddr @refused_by_host` },
    { why: "guests reach no service of this host", match: guest, verdict: "goto refuse" },
    ...outside.flatMap((from) => [
      { why: "answers to this host", match: `${from} ct state established,related`, verdict: "accept" },
      { why: "ping", match: `${from} icmp type echo-request`, verdict: "accept" },
      { why: "nothing serves the outside here", match: from, verdict: "goto refuse" },
    ]),
  ];
}

function forwardRules({ bridge, cidr, uplink }: PolicyTarget): Rule[] {
  const guest = `iifname "${bridge}"`;
  const refuse = (why: string, match: string): Rule[] => [
    { why: `counts: ${why}`, match: `${match} ip saddr @refused_beyond` },
    { why, match, verdict: "goto refuse" },
  ];
  return [
    ...refuse("guests do not reach each other through the gateway", `${guest} oifname "${bridge}"`),
    ...egressForward(guest),
    { why: "answers of guests", match: `${guest} ct state established,related`, verdict: "accept" },
    ...(uplink ? egressRules(guest, cidr, uplink.link) : []),
    ...refuse("everything else is closed", guest),
    ...toGuests(bridge, uplink),
  ];
}

function egressRules(guest: string, cidr: string, link: string): Rule[] {
  const out = `${guest} oifname "${link}"`;
  return [
    {
      why: "no guest fills the table of connections",
      match: `${guest} ct state new add @connections { ip saddr ct count over ${MOST_CONNECTIONS} }`,
      verdict: "goto refuse",
    },
    {
      why: "resolvers may be private",
      match: `${out} ip daddr @resolvers meta l4proto { tcp, udp } th dport 53`,
      verdict: "accept",
    },
    { why: "counts: LAN, metadata", match: `${guest} ip daddr @closed ip saddr @refused_beyond` },
    { why: "no LAN, no metadata, no link-local", match: `${guest} ip daddr @closed`, verdict: "goto refuse" },
    { why: "the internet", match: `${out} ip saddr ${cidr}`, verdict: "accept" },
  ];
}

function toGuests(bridge: string, uplink: PolicyTarget["uplink"]): Rule[] {
  const inward = `oifname "${bridge}"`;
  const machine = uplink?.machineIp;
  return [
    ...egressInward(inward),
    { why: "answers to guests", match: `${inward} ct state established,related`, verdict: "accept" },
    ...(uplink && machine
      ? [
          {
            why: "the machine itself may ping and ssh",
            match: `${inward} iifname "${uplink.link}" ip saddr ${machine}`,
            verdict: "accept",
          },
        ]
      : []),
    { why: "nobody else opens connections to guests", match: inward, verdict: "goto refuse" },
  ];
}

/** The MTU beyond the uplink may be smaller, and path MTU discovery may be filtered there. */
export const mssRules = (link: string): Rule[] =>
  ["iifname", "oifname"].map((direction) => ({
    why: "TCP segments that fit the route's MTU",
    match: `${direction} "${link}" tcp flags & (syn | rst) == syn`,
    verdict: "tcp option maxseg size set rt mtu",
  }));

const masquerade = ({ cidr }: PolicyTarget, link: string): Chain => ({
  name: "postrouting",
  hook: { type: "nat", at: "postrouting", priority: SOURCE_NAT },
  rules: [
    { why: "guests share this address", match: `ip saddr ${cidr} oifname "${link}"`, verdict: "masquerade" },
  ],
});

/** The elements by which this VM's refused packets are counted. */
export function policyElements({ ip }: VmAddress): SetElement[] {
  return ["refused_by_host", "refused_beyond"].map((set) => ({ table: POLICY_TABLE, set, element: ip }));
}
