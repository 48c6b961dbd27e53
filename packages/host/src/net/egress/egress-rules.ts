import type { Chain, Rule } from "../firewall/ruleset.ts";
import { SYNTHETIC_RANGE } from "./proxy/synthetic-names.ts";

/** Where our DNS listens, at the gateway's address. */
export const EGRESS_DNS_PORT = 5301;
/** Where what guests with a proxy send by TCP is taken, at the same address. */
export const PROXY_PORT = 5302;

const DESTINATION_NAT = -100; // NF_IP_PRI_NAT_DST, linux/netfilter_ipv4.h
const DNS = "meta l4proto { tcp, udp } th dport 53";
const TARGET = "ip saddr . ip daddr . th dport";

interface Ends {
  readonly guest: string;
  /** What goes out by the uplink from our range; absent: nothing may. */
  readonly out: string | undefined;
  readonly mostConnections: number;
}

/** What guests with a policy are asked on their way out. Every chain ends in a verdict of its own. */
export function egressChains({ guest, out, mostConnections }: Ends): Chain[] {
  return [
    {
      name: "egress_refuse",
      rules: [
        { why: "counts what policies refuse", match: "ip saddr @egress_refused" },
        { why: "counts: refused beyond", match: "ip saddr @refused_beyond" },
        { why: "refused by the policy", match: "", verdict: "goto refuse" },
      ],
    },
    { name: "egress_pass", rules: passRules(guest, out, mostConnections) },
    {
      name: "egress_out_closed",
      rules: [
        ...common,
        allowedRule,
        ...learnedRules,
        { why: "nothing else", match: "", verdict: "goto egress_refuse" },
      ],
    },
    {
      name: "egress_out_open",
      rules: [
        ...common,
        allowedRule,
        {
          why: "no LAN, no metadata, no link-local",
          match: "ip daddr @closed",
          verdict: "goto egress_refuse",
        },
        { why: "no DNS over TLS past ours", match: "th dport 853", verdict: "goto egress_refuse" },
        { why: "all else", match: "", verdict: "goto egress_pass" },
      ],
    },
    {
      name: "egress_dns",
      hook: { type: "nat", at: "prerouting", priority: DESTINATION_NAT },
      rules: [
        ...["egress_closed", "egress_open"].map((set) => ({
          why: "who has a policy asks our DNS, whomever it means to ask",
          match: `${guest} ip saddr @${set} ${DNS}`,
          verdict: `redirect to :${EGRESS_DNS_PORT}`,
        })),
        ...toProxies(guest),
      ],
    },
  ];
}

/** Names have addresses of the synthetic range there; what is closed stays closed, and is refused like anybody's. */
const toProxies = (guest: string): Rule[] =>
  [`ip daddr ${SYNTHETIC_RANGE}`, "ip daddr != @closed fib daddr type != local"].map((target) => ({
    why: "who has a proxy reaches all by that",
    match: `${guest} ip saddr @egress_proxied ${target} meta l4proto tcp`,
    verdict: `redirect to :${PROXY_PORT}`,
  }));

const common: readonly Rule[] = [
  { why: "answers to who may open connections to guests", match: "ct direction reply", verdict: "accept" },
  {
    why: "flows that the policy in force let out",
    match: "ct state established,related ip saddr . ct mark @egress_flows",
    verdict: "accept",
  },
  {
    why: "TCP and UDP only: no tunnels",
    match: "meta l4proto != { tcp, udp }",
    verdict: "goto egress_refuse",
  },
  { why: "DNS is ours", match: "th dport 53", verdict: "goto egress_refuse" },
  { why: "denied by address", match: `${TARGET} @egress_denied`, verdict: "goto egress_refuse" },
];

const allowedRule: Rule = {
  why: "allowed by address",
  match: `${TARGET} @egress_allowed`,
  verdict: "goto egress_pass",
};

const learnedRules: readonly Rule[] = [
  { why: "no name leads into closed ranges", match: "ip daddr @closed", verdict: "goto egress_refuse" },
  { why: "allowed by name", match: "ip saddr . ip daddr @egress_names", verdict: "goto egress_pass" },
  { why: "allowed by name and port", match: `${TARGET} @egress_name_ports`, verdict: "goto egress_pass" },
];

function passRules(guest: string, out: string | undefined, most: number): Rule[] {
  const refuse = { why: "there is no other way out", match: "", verdict: "goto refuse" };
  if (out === undefined) return [refuse];
  return [
    {
      why: "no guest fills the table of connections",
      match: `${guest} ct state new add @connections { ip saddr ct count over ${most} }`,
      verdict: "goto refuse",
    },
    { why: "remembers which policy let it out", match: `${out} ct mark set ip saddr map @egress_marks` },
    { why: "the internet", match: out, verdict: "accept" },
    refuse,
  ];
}

/** In the forward chain, before all that is for everybody. */
export const egressForward = (guest: string): Rule[] =>
  (["closed", "open"] as const).map((kind) => ({
    why: `guests with a policy: ${kind}`,
    match: `${guest} ip saddr @egress_${kind}`,
    verdict: `goto egress_out_${kind}`,
  }));

/** For what comes back: a flow that an earlier policy let out is cut in this direction, too. */
export const egressInward = (inward: string): Rule[] => [
  {
    why: "flows that the policy in force let out",
    match: `${inward} ct state established,related ip daddr . ct mark @egress_flows`,
    verdict: "accept",
  },
  ...["egress_closed", "egress_open"].map((set) => ({
    why: "answers to flows that no policy in force let out",
    match: `${inward} ct direction reply ip daddr @${set}`,
    verdict: "drop",
  })),
];

/** In the input chain: our DNS, and the way to proxies, for those who are sent there. */
export const egressInput = (guest: string, gateway: string): Rule[] => [
  ...["egress_closed", "egress_open"].map((set) => ({
    why: "our DNS",
    match: `${guest} ip saddr @${set} ip daddr ${gateway} meta l4proto { tcp, udp } th dport ${EGRESS_DNS_PORT}`,
    verdict: "accept",
  })),
  {
    why: "the way to its proxy",
    match: `${guest} ip saddr @egress_proxied ip daddr ${gateway} tcp dport ${PROXY_PORT}`,
    verdict: "accept",
  },
];
