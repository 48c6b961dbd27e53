import { mssRules, refuseChain } from "./policy-rules.ts";
import type { Chain, Rule, Table } from "./ruleset.ts";

const BEFORE_FILTER = -5;
const MANGLE = -150;
const SOURCE_NAT = 100;

export interface UplinkTarget {
  /** Of the namespace; each has a table of its own. */
  readonly tableName: string;
  /** The machine's end of the veth. */
  readonly link: string;
  /** Range of the guests, and the /30 of the veth. */
  readonly sources: readonly string[];
}

/** The rules in the machine's own namespace: guests go out translated, and find every address of the machine closed. */
export function uplinkTable({ tableName, link, sources }: UplinkTarget): Table {
  const ours = `iifname "${link}"`;
  const from = `ip saddr { ${sources.join(", ")} }`;
  return {
    family: "inet",
    name: tableName,
    sets: [],
    chains: [
      refuseChain,
      {
        name: "input",
        hook: { type: "filter", at: "input", priority: BEFORE_FILTER },
        rules: [
          {
            why: "answers to this machine",
            match: `${ours} ct state established,related`,
            verdict: "accept",
          },
          { why: "every address of this machine is closed to guests", match: ours, verdict: "goto refuse" },
        ],
      },
      {
        name: "forward",
        hook: { type: "filter", at: "forward", priority: BEFORE_FILTER },
        rules: forwardRules(link, from),
      },
      { name: "mss", hook: { type: "filter", at: "forward", priority: MANGLE }, rules: mssRules(link) },
      postrouting(link, from),
    ],
  };
}

function forwardRules(link: string, from: string): Rule[] {
  return [
    { why: "no way back in", match: `iifname "${link}" oifname "${link}"`, verdict: "goto refuse" },
    { why: "out, from our ranges only", match: `iifname "${link}" ${from}`, verdict: "accept" },
    { why: "nothing else leaves by this link", match: `iifname "${link}"`, verdict: "goto refuse" },
    { why: "answers", match: `oifname "${link}" ct state established,related`, verdict: "accept" },
    { why: "nobody opens connections to guests", match: `oifname "${link}"`, verdict: "goto refuse" },
  ];
}

const postrouting = (link: string, from: string): Chain => ({
  name: "postrouting",
  hook: { type: "nat", at: "postrouting", priority: SOURCE_NAT },
  rules: [
    {
      why: "guests share this machine's address",
      match: `${from} oifname != "${link}"`,
      verdict: "masquerade",
    },
  ],
});
