import type { EgressQuery, EgressReport } from "@browservm/contract";
import { table } from "../table.ts";

const MOST_QUERIES = 20;

/** A session's egress policy and what came of it, for people. */
export function egressWords({ policy, default: other, refused, learned, queries }: EgressReport): string {
  if (!policy) return "No policy: it goes where this machine's network lets guests go.";
  const entries = [
    ...policy.deny.map((entry) => ["deny", entry]),
    ...policy.allow.map((entry) => ["allow", entry]),
    [other, "all else"],
  ];
  return [
    entries.map(([verdict = "", entry]) => `${verdict.padEnd(6)}${entry}`).join("\n"),
    `${refused.packets} packets refused; ${learned.length} addresses open by name`,
    ...(queries.length > 0 ? [queryTable(queries.slice(0, MOST_QUERIES))] : []),
  ].join("\n\n");
}

const queryTable = (queries: readonly EgressQuery[]): string =>
  table(
    ["AT", "NAME", "TYPE", "VERDICT", "RULE", "ADDRESSES"],
    queries.map(({ at, name, type, verdict, rule = "", addresses }) => [
      at.slice(11, 19),
      name,
      type,
      verdict,
      rule,
      addresses.join(", "),
    ]),
  );
