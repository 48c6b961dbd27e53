import type { Ruleset } from "../nft.ts";
import type { View } from "./field.ts";
import type { Packet, Station } from "./packet.ts";
import { judgeRule, type Verdict } from "./statement.ts";

type Chain = Ruleset["chains"][number];
type Rule = Ruleset["rules"][number];

/** A rule that drops, or the policy of a base chain (then `rule` is absent). */
export interface Culprit {
  readonly chain: Chain;
  readonly rule?: Rule;
}

export interface Trace {
  /** `maybe`: one of the culprits drops it, unless something that we cannot read lets it pass before. */
  readonly outcome: "pass" | "drop" | "maybe";
  readonly culprits: readonly Culprit[];
}

/** Ruleset with its rules sorted by chain, for chains are entered again and again. */
export interface IndexedRules {
  readonly ruleset: Ruleset;
  readonly byChain: ReadonlyMap<string, readonly Rule[]>;
}

const keyOf = (family: string, table: string, chain: string): string => `${family} ${table} ${chain}`;

export const indexRules = (ruleset: Ruleset): IndexedRules => ({
  ruleset,
  byChain: Map.groupBy(ruleset.rules, ({ family, table, chain }) => keyOf(family, table, chain)),
});

/** NF_IP_PRI_CONNTRACK, linux/netfilter_ipv4.h */
const CONNTRACK = -200;

/** The way of one packet through one base chain and all chains that it jumps to. */
export function tracePacket(
  rules: IndexedRules,
  chain: Chain,
  { packet, station }: { readonly packet: Packet; readonly station: Station },
): Trace {
  const isEarly = station.hook === "prerouting" || station.hook === "output";
  const isUntracked = station.family !== "ip" || (isEarly && (chain.prio ?? 0) <= CONNTRACK);
  const walk = new Walk(rules, chain, { packet, station, isUntracked });
  return walk.run();
}

type Reach = "surely" | "perhaps";
/** Verdicts after which the rest of the chain does not see the packet. */
const LEAVING = ["accept", "drop", "take", "return", "goto"];

/** One walk. What it meets on the way is remembered, for a later rule decides what it means. */
class Walk {
  readonly #rules: IndexedRules;
  readonly #base: Chain;
  readonly #view: View;
  readonly #suspects: Culprit[] = [];
  /** A rule may have let the packet pass before. */
  #mayHavePassed = false;
  readonly #entered = new Set<string>();
  #final: Trace | undefined;

  constructor(rules: IndexedRules, base: Chain, view: View) {
    this.#rules = rules;
    this.#base = base;
    this.#view = view;
  }

  run(): Trace {
    this.#through(this.#base.name, "surely");
    if (this.#final) return this.#final;
    return this.#base.policy === "drop" ? this.#dropped({ chain: this.#base }) : this.#passed();
  }

  #through(name: string, reach: Reach): void {
    if (this.#entered.has(name)) return; // the kernel refuses circles; a listing could hold one
    this.#entered.add(name);
    const { family, table } = this.#base;
    let now = reach;
    for (const rule of this.#rules.byChain.get(keyOf(family, table, name)) ?? []) {
      const context = { view: this.#view, ruleset: this.#rules.ruleset, family, table };
      const { match, verdict } = judgeRule(rule.expr, context);
      if (match === "no") continue;
      this.#apply(verdict, rule, match === "yes" ? now : "perhaps");
      if (this.#final || (LEAVING.includes(verdict.do) && match === "yes")) break;
      if (verdict.do === "return" || verdict.do === "goto") now = "perhaps";
    }
    this.#entered.delete(name);
  }

  #apply(verdict: Verdict, rule: Rule, reach: Reach): void {
    const culprit = { chain: this.#base, rule };
    if (verdict.do === "jump" || verdict.do === "goto") this.#through(verdict.target, reach);
    if (verdict.do === "accept") {
      if (reach === "surely") this.#final = this.#passed();
      else this.#mayHavePassed = true;
    }
    if (verdict.do === "drop") {
      if (reach === "surely") this.#final = this.#dropped(culprit);
      else this.#suspects.push(culprit);
    }
    if (verdict.do === "take") {
      this.#suspects.push(culprit);
      if (reach === "surely") this.#final = this.#passed();
      else this.#mayHavePassed = true;
    }
  }

  #passed(): Trace {
    return this.#suspects.length > 0
      ? { outcome: "maybe", culprits: this.#suspects }
      : { outcome: "pass", culprits: [] };
  }

  #dropped(culprit: Culprit): Trace {
    return this.#mayHavePassed
      ? { outcome: "maybe", culprits: [...this.#suspects, culprit] }
      : { outcome: "drop", culprits: [culprit] };
  }
}
