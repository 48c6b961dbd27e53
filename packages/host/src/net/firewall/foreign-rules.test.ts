import { expect, test } from "vitest";
import { findForeignDrops } from "./foreign-rules.ts";
import type { Ruleset } from "./nft.ts";

const ours = { links: ["fcbr0", "eth0"], ownTables: ["inet browservm"], forwards: true };

type Expression = Ruleset["rules"][number]["expr"];
const base = (hook: string, policy: string, table = "filter") => ({
  family: "ip",
  table,
  name: hook.toUpperCase(),
  type: "filter",
  hook,
  prio: 0,
  policy,
});
const rule = (chain: string, expr: Expression) => ({ family: "ip", table: "filter", chain, expr });
const link = (key: "iifname" | "oifname", right: string) => ({
  match: { op: "==", left: { meta: { key } }, right },
});
const jump = (target: string) => ({ jump: { target } });
const find = (ruleset: Ruleset, traffic = ours) =>
  findForeignDrops(ruleset, traffic).map(({ words, certain }) => ({ words, certain }));

test("Docker's FORWARD policy is named, for its accepts are for its own bridge", () => {
  const rules = [
    rule("FORWARD", [jump("DOCKER-USER")]),
    rule("FORWARD", [link("oifname", "docker0"), { accept: null }]),
  ];
  expect(find({ chains: [base("forward", "drop")], rules, sets: [] })).toEqual([
    { words: "table ip filter, chain FORWARD (forward): policy drop", certain: true },
  ]);
});

test("accepts for our bridge in DOCKER-USER lift it, both ways", () => {
  const rules = [
    rule("FORWARD", [jump("DOCKER-USER")]),
    rule("DOCKER-USER", [link("iifname", "fcbr*"), { counter: {} }, { accept: null }]),
    rule("DOCKER-USER", [link("oifname", "fcbr0"), { accept: null }]),
  ];
  expect(find({ chains: [base("forward", "drop")], rules, sets: [] })).toEqual([]);
  // Answers have to come back, too.
  expect(find({ chains: [base("forward", "drop")], rules: rules.slice(0, 2), sets: [] })).toHaveLength(1);
});

test("a dropped forward chain does not matter without an uplink", () => {
  const ruleset = { chains: [base("forward", "drop")], rules: [], sets: [] };
  expect(find(ruleset, { ...ours, forwards: false })).toEqual([]);
});

test("an INPUT policy behind rules that cannot be read is only likely to drop us", () => {
  const rules = [rule("INPUT", [{ xt: null }, { accept: null }])];
  expect(find({ chains: [base("input", "drop")], rules, sets: [] })).toEqual([
    { words: "table ip filter, chain INPUT (input): policy drop", certain: false },
  ]);
});

test("a rule that drops our bridge by name is named, wherever it hides; a chain that jumps in a circle ends", () => {
  const rules = [
    rule("INPUT", [jump("A")]),
    rule("A", [jump("INPUT")]),
    { ...rule("A", [link("iifname", "fcbr0"), { counter: { packets: 3 } }, { drop: null }]), handle: 7 },
  ];
  expect(find({ chains: [base("input", "accept")], rules, sets: [] })).toEqual([
    {
      words: "table ip filter, chain A (from INPUT): iifname fcbr0 counter packets 3 drop # handle 7",
      certain: true,
    },
  ]);
});

test("our own tables, other links, other protocols and other ports are no finding", () => {
  const ssh = { match: { op: "==", left: { payload: { protocol: "tcp", field: "dport" } }, right: 22 } };
  const rules = [
    rule("INPUT", [link("iifname", "wg0"), { drop: null }]),
    rule("INPUT", [link("iifname", "fcbr0"), ssh, { drop: null }]),
  ];
  const own = { ...base("input", "drop", "browservm"), family: "inet" };
  expect(find({ chains: [base("input", "accept"), own], rules, sets: [] })).toEqual([]);
});
