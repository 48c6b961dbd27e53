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

test("Docker's FORWARD policy is named, for its accepts are for its own bridge", () => {
  const rules = [
    rule("FORWARD", [jump("DOCKER-USER")]),
    rule("FORWARD", [link("oifname", "docker0"), { accept: null }]),
  ];
  const [drop, ...others] = findForeignDrops({ chains: [base("forward", "drop")], rules, sets: [] }, ours);
  expect(others).toEqual([]);
  expect(drop).toEqual({ words: "table ip filter, chain FORWARD (forward): policy drop", certain: true });
});

test("an accept for our bridge in DOCKER-USER lifts it", () => {
  const rules = [
    rule("FORWARD", [jump("DOCKER-USER")]),
    rule("DOCKER-USER", [link("iifname", "fcbr*"), { counter: {} }, { accept: null }]),
  ];
  expect(findForeignDrops({ chains: [base("forward", "drop")], rules, sets: [] }, ours)).toEqual([]);
});

test("a dropped forward chain does not matter without an uplink", () => {
  const ruleset = { chains: [base("forward", "drop")], rules: [], sets: [] };
  expect(findForeignDrops(ruleset, { ...ours, forwards: false })).toEqual([]);
});

test("ufw's INPUT policy is only likely to drop us, for it accepts answers and pings by rules without a link", () => {
  const rules = [rule("INPUT", [{ xt: null }, { accept: null }])];
  expect(findForeignDrops({ chains: [base("input", "drop")], rules, sets: [] }, ours)).toEqual([
    { words: "table ip filter, chain INPUT (input): policy drop", certain: false },
  ]);
});

test("a rule that drops our bridge by name is named, wherever it hides; a chain that jumps in a circle ends", () => {
  const rules = [
    rule("INPUT", [jump("A")]),
    rule("A", [jump("INPUT")]),
    rule("A", [link("iifname", "fcbr0"), { counter: {} }, { drop: null }]),
  ];
  expect(findForeignDrops({ chains: [base("input", "accept")], rules, sets: [] }, ours)).toEqual([
    { words: "table ip filter, chain A: drops everything of fcbr0, eth0", certain: true },
  ]);
});

test("our own tables, other links and narrower rules are no finding", () => {
  const narrower = [link("iifname", "fcbr0"), { match: { op: "==", left: {}, right: 23 } }, { drop: null }];
  const rules = [rule("INPUT", [link("iifname", "wg0"), { drop: null }]), rule("INPUT", narrower)];
  const own = { ...base("input", "drop", "browservm"), family: "inet" };
  expect(findForeignDrops({ chains: [base("input", "accept"), own], rules, sets: [] }, ours)).toEqual([]);
});
