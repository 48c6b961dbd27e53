import type { EgressPolicy, EgressQuery, EgressReport, ProxyReport } from "@browservm/contract";
import { table } from "../table.ts";

const MOST_QUERIES = 20;

/** A session's egress policy and what came of it, for people. */
export function egressWords({
  policy,
  default: other,
  inForce,
  refused,
  learned,
  queries,
  proxy,
}: EgressReport): string {
  if (!policy) return "No policy: it goes where this machine's network lets guests go.";
  const { proxy: asked } = policy;
  const entries = [
    ...policy.deny.map((entry) => ["deny", entry]),
    ...(policy.denyPublicDns ? [["deny", "public resolvers"]] : []),
    ...policy.allow.map((entry) => ["allow", entry]),
    [other, "all else"],
  ];
  const listed = entries.map(([verdict = "", entry]) => `${verdict.padEnd(6)}${entry}`).join("\n");
  if (!inForce)
    return [
      "The session is over. Where it might go:",
      listed,
      ...(asked ? [`all through ${asked.url}`] : []),
    ].join("\n\n");
  return [
    listed,
    ...(asked && proxy ? [proxyWords(asked, proxy)] : []),
    `${refused.packets} packets refused; ${learned.length} addresses open by name`,
    ...(queries.length > 0 ? [queryTable(queries.slice(0, MOST_QUERIES))] : []),
  ].join("\n\n");
}

/** Of its credentials only that it has some. */
function proxyWords(
  { url, credentials, expectExit }: NonNullable<EgressPolicy["proxy"]>,
  { status, exit, evidence, problem, connections }: ProxyReport,
): string {
  const known = credentials ? ", with credentials" : "";
  const expected = expectExit ? ` (expected: ${expectExit})` : "";
  return [
    `all through ${url}${known}: ${status}, ${connections} connections`,
    `exit  ${exit ?? "not asked"}${expected}`,
    ...evidence.map((words) => `      ${words}`),
    ...(problem ? [`${problem.code}: ${problem.message}`, problem.fix] : []),
  ].join("\n");
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
