import { fieldOf, isRecord } from "./field.ts";
import { all, holds, judgeMatch, type Match, type MatchContext } from "./match.ts";

/** What a rule does with a packet that it applies to. `take`: nobody can tell (a program's queue). */
export type Verdict =
  | { readonly do: "accept" | "drop" | "return" | "take" | "nothing" }
  | { readonly do: "jump" | "goto"; readonly target: string };

export interface Judged {
  readonly match: Match;
  readonly verdict: Verdict;
}

const NOTHING: Verdict = { do: "nothing" };
const ACCEPTS = ["accept", "snat", "dnat", "masquerade", "redirect"];
/** `fwd` sends the packet out by another link. */
const DROPS = ["drop", "reject", "fwd"];
/** Targets of iptables extensions that end a packet's way (iptables-extensions(8)). */
const DROPPING_TARGETS = ["REJECT", "DROP", "TARPIT", "STEAL"];

/**
 * Whether a rule applies to the packet, and what it does then. An iptables extension (`xt`) cannot be read: it may match, and where the rule has no verdict it may be one.
 */
export function judgeRule(expr: ReadonlyArray<Record<string, unknown>>, context: MatchContext): Judged {
  const match = all(expr.map((statement) => matchOf(statement, context)));
  const verdict = expr.map((statement) => verdictOf(statement, context)).find((one) => one.do !== "nothing");
  return { match, verdict: verdict ?? NOTHING };
}

function matchOf(statement: Record<string, unknown>, context: MatchContext): Match {
  if ("match" in statement) return judgeMatch(statement.match, context);
  if ("xt" in statement) return extensionMatch(statement.xt);
  if ("limit" in statement) return limitMatch(statement.limit);
  const count = statement["ct count"];
  if (count !== undefined) return isRecord(count) && count.inv === true ? "no" : "yes";
  if ("quota" in statement) return "maybe";
  if ("vmap" in statement) return vmapMatch(statement.vmap, context).match;
  return "yes";
}

const SLOW = ["minute", "hour", "day", "week"];

/** Whether a few packets a second are below a limit; `inv` is "rate over". */
function limitMatch(limit: unknown): Match {
  if (!isRecord(limit) || SLOW.includes(String(limit.per))) return "maybe";
  return limit.inv === true ? "no" : "yes";
}

function verdictOf(statement: Record<string, unknown>, context: MatchContext): Verdict {
  for (const key of Object.keys(statement)) {
    if (ACCEPTS.includes(key)) return { do: "accept" };
    if (DROPS.includes(key)) return { do: "drop" };
    if (key === "return") return { do: "return" };
    if (key === "queue" || key === "synproxy") return { do: "take" };
    if (key === "xt" && isDroppingTarget(statement.xt)) return { do: "drop" };
    if (key === "vmap") return vmapMatch(statement.vmap, context).verdict;
    if (key === "jump" || key === "goto") return { do: key, target: targetOf(statement[key]) };
  }
  return NOTHING;
}

const targetOf = (to: unknown): string => (isRecord(to) ? String(to.target) : "");

/** Only `comment` says nothing of the packet, and a target is no match. */
const extensionMatch = (xt: unknown): Match =>
  isRecord(xt) && (xt.type === "target" || xt.name === "comment") ? "yes" : "maybe";

const isDroppingTarget = (xt: unknown): boolean =>
  isRecord(xt) && xt.type === "target" && DROPPING_TARGETS.includes(String(xt.name));

/** A map from values to verdicts; a map with a name is not in the listing that we read. */
function vmapMatch(vmap: unknown, context: MatchContext): Judged {
  if (!isRecord(vmap) || !isRecord(vmap.data) || !Array.isArray(vmap.data.set))
    return { match: "maybe", verdict: { do: "take" } };
  const key = isRecord(vmap.key) && Array.isArray(vmap.key.concat) ? vmap.key.concat : [vmap.key];
  const fields = key.map((one) => fieldOf(one, context.view));
  if (fields.includes(null)) return { match: "no", verdict: NOTHING };
  const rows = vmap.data.set.filter((row): row is [unknown, Record<string, unknown>] => Array.isArray(row));
  const judged = rows.map(([value, then]) => ({
    match: holds(value, fields, context),
    verdict: verdictOf(then, context),
  }));
  return (
    judged.find(({ match }) => match === "yes") ??
    judged.find(({ match, verdict }) => match === "maybe" && verdict.do !== "accept") ??
    judged.find(({ match }) => match === "maybe") ?? { match: "no", verdict: NOTHING }
  );
}
