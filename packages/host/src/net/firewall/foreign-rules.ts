import { z } from "zod";
import type { Ruleset } from "./nft.ts";

/** A rule or policy of another program that drops our traffic. */
export interface ForeignDrop {
  /** In that program's own words: table, chain, what it does. */
  readonly words: string;
  /** False when a rule that we cannot read (iptables extensions) might still let it pass. */
  readonly certain: boolean;
}

export interface OurTraffic {
  /** Bridge and uplink. */
  readonly links: readonly string[];
  readonly ownTables: readonly string[];
  /** Whether guests go out through this namespace at all. */
  readonly forwards: boolean;
}

type Chains = Ruleset["chains"];
type Chain = Chains[number];
type Rule = Ruleset["rules"][number];

const LinkMatch = z.object({
  match: z.object({
    op: z.enum(["==", "in"]),
    left: z.object({ meta: z.object({ key: z.enum(["iifname", "oifname"]) }) }),
    right: z.union([
      z.string().transform((one) => [one]),
      z.object({ set: z.array(z.string()) }).transform((s) => s.set),
    ]),
  }),
});
const Jump = z.union([
  z.object({ jump: z.object({ target: z.string() }) }).transform(({ jump }) => jump.target),
  z.object({ goto: z.object({ target: z.string() }) }).transform(({ goto }) => goto.target),
]);

/** What in these rules, ours excepted, stops packets between guests and host, or guests and the internet. */
export function findForeignDrops(ruleset: Ruleset, ours: OurTraffic): ForeignDrop[] {
  const hooks = ours.forwards ? ["input", "output", "forward"] : ["input", "output"];
  return ruleset.chains
    .filter(({ family, table }) => !ours.ownTables.includes(`${family} ${table}`))
    .filter(({ family, hook }) => family !== "ip6" && hook !== undefined && hooks.includes(hook))
    .flatMap((chain) => [...policyDrop(chain, ruleset, ours), ...explicitDrops(chain, ruleset, ours)]);
}

function policyDrop(chain: Chain, ruleset: Ruleset, ours: OurTraffic): ForeignDrop[] {
  if (chain.policy !== "drop") return [];
  const accepts = rulesReachedFrom(chain, ruleset).filter(({ expr }) =>
    expr.some((part) => "accept" in part),
  );
  if (accepts.some((rule) => mentions(rule, ours.links) || isUnconditional(rule))) return [];
  const words = `table ${chain.family} ${chain.table}, chain ${chain.name} (${chain.hook}): policy drop`;
  // Towards the host only answers and pings must pass, which most firewalls accept by rules that name no link.
  const maybe = chain.hook !== "forward" && accepts.some((rule) => !namesAnyLink(rule));
  return [{ words, certain: !maybe && !accepts.some(hasUnreadable) }];
}

function explicitDrops(chain: Chain, ruleset: Ruleset, ours: OurTraffic): ForeignDrop[] {
  return rulesReachedFrom(chain, ruleset)
    .filter(({ expr }) => expr.some((part) => "drop" in part || "reject" in part))
    .filter((rule) => mentions(rule, ours.links) && rule.expr.every(isPlain))
    .map((rule) => ({
      words: `table ${rule.family} ${rule.table}, chain ${rule.chain}: drops everything of ${ours.links.join(", ")}`,
      certain: true,
    }));
}

/** The rules of a base chain and of all chains that it jumps to. */
function rulesReachedFrom(chain: Chain, { rules }: Ruleset): Rule[] {
  const seen = new Set<string>();
  const reach = (name: string): Rule[] => {
    if (seen.has(name)) return [];
    seen.add(name);
    const own = rules.filter(
      (one) => one.family === chain.family && one.table === chain.table && one.chain === name,
    );
    return own.flatMap((rule) => [rule, ...rule.expr.flatMap((part) => targetOf(part)).flatMap(reach)]);
  };
  return reach(chain.name);
}

function targetOf(part: Record<string, unknown>): string[] {
  const jump = Jump.safeParse(part);
  return jump.success ? [jump.data] : [];
}

const linksOf = (part: Record<string, unknown>): string[] => {
  const parsed = LinkMatch.safeParse(part);
  return parsed.success ? parsed.data.match.right : [];
};

const namesAnyLink = (rule: Rule): boolean => rule.expr.some((part) => linksOf(part).length > 0);

const mentions = (rule: Rule, links: readonly string[]): boolean =>
  rule.expr
    .flatMap(linksOf)
    .some((pattern) =>
      links.some((link) =>
        pattern.endsWith("*") ? link.startsWith(pattern.slice(0, -1)) : link === pattern,
      ),
    );

const VERDICTS = ["counter", "accept", "drop", "reject", "log"];
const isUnconditional = ({ expr }: Rule): boolean =>
  expr.every((part) => Object.keys(part).every((key) => VERDICTS.includes(key)));
const hasUnreadable = ({ expr }: Rule): boolean => expr.some((part) => "xt" in part);
const isPlain = (part: Record<string, unknown>): boolean =>
  linksOf(part).length > 0 || Object.keys(part).every((key) => VERDICTS.includes(key));
